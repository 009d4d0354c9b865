//! Relay pages: bounded sizes, opaque cursors.

use async_graphql::{Result, SimpleObject};

use super::error::{bad_argument, bad_cursor};
use crate::limits;
use crate::read::sessions::Cursor;

/// Where a page begins and ends.
#[derive(Debug, SimpleObject)]
pub(crate) struct PageInfo {
    has_next_page: bool,
    has_previous_page: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

impl PageInfo {
    pub(crate) fn new(ends: Option<(String, String)>, more: bool, before: bool) -> Self {
        let (start_cursor, end_cursor) = ends.unzip();
        Self { has_next_page: more, has_previous_page: before, start_cursor, end_cursor }
    }
}

/// A request for a page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) first: usize,
    after: Option<String>,
}

impl Page {
    pub(crate) fn new(first: Option<i32>, after: Option<String>) -> Result<Self> {
        let first = match first {
            None => limits::PAGE_DEFAULT,
            Some(n) => usize::try_from(n)
                .ok()
                .filter(|n| (1..=limits::PAGE).contains(n))
                .ok_or_else(|| {
                    bad_argument(format!("first is {n}; write a number from 1 to {}", limits::PAGE))
                })?,
        };
        Ok(Self { first, after })
    }

    fn parts(&self, n: usize) -> Result<Option<Vec<String>>> {
        let Some(text) = &self.after else { return Ok(None) };
        let parts =
            hex::decode(text).ok().and_then(|b| serde_json::from_slice::<Vec<String>>(&b).ok());
        match parts.filter(|p| p.len() == n) {
            Some(parts) => Ok(Some(parts)),
            None => {
                Err(bad_cursor("after is no cursor of this list; take one from pageInfo.endCursor"))
            }
        }
    }

    /// Where a list of sessions or jobs goes on.
    pub(crate) fn after_event(&self) -> Result<Option<Cursor>> {
        let Some(parts) = self.parts(2)? else { return Ok(None) };
        let cursor = match parts.as_slice() {
            [ts, id] => ts.parse().ok().zip(id.parse().ok()),
            _ => None,
        };
        let (ts_us, id) = cursor.ok_or_else(|| bad_cursor("after is no cursor of this list"))?;
        Ok(Some(Cursor { ts_us, id }))
    }
}

/// A page of a list that is here as a whole, in the order of its keys.
#[derive(Debug)]
pub(crate) struct Cut<T> {
    pub(crate) nodes: Vec<T>,
    pub(crate) more: bool,
    pub(crate) before: bool,
    pub(crate) total: usize,
}

impl Page {
    /// Cuts the page out of all that there is; each key is unique, and they ascend.
    pub(crate) fn cut<T>(&self, all: Vec<T>, key: impl Fn(&T) -> Vec<String>) -> Result<Cut<T>> {
        let total = all.len();
        let width = all.first().map_or(0, |first| key(first).len());
        // Where there is nothing, a cursor of any width was of something once.
        let after = if width == 0 { None } else { self.parts(width)? };
        let mut nodes = all;
        nodes.retain(|node| after.as_ref().is_none_or(|after| key(node) > *after));
        let more = nodes.len() > self.first;
        nodes.truncate(self.first);
        Ok(Cut { nodes, more, before: after.is_some(), total })
    }
}

/// A connection as Relay has it: `nodes` for people, `edges` for Relay.
macro_rules! connection {
    ($(#[$doc:meta])* $connection:ident, $edge:ident, $node:ty $(, { $($extra:tt)* })?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $connection {
            pub(crate) nodes: Vec<$node>,
            pub(crate) more: bool,
            pub(crate) before: bool,
            pub(crate) total: Option<usize>,
        }

        #[async_graphql::Object]
        impl $connection {
            /// The page itself.
            async fn nodes(&self) -> &[$node] {
                &self.nodes
            }

            /// The same, each with its cursor.
            async fn edges(&self) -> Vec<$edge<'_>> {
                self.nodes.iter().map($edge).collect()
            }

            /// Where the page begins and ends.
            async fn page_info(&self) -> $crate::schema::page::PageInfo {
                let ends = self.nodes.first().zip(self.nodes.last());
                let ends = ends.map(|(a, b)| (a.cursor(), b.cursor()));
                $crate::schema::page::PageInfo::new(ends, self.more, self.before)
            }

            /// How many there are on all pages; null where counting them would cost too much.
            async fn total_count(&self) -> Option<usize> {
                self.total
            }

            $($($extra)*)?
        }

        /// One of a list and its place in it.
        #[derive(Debug)]
        pub(crate) struct $edge<'a>(&'a $node);

        #[async_graphql::Object]
        impl $edge<'_> {
            /// Stays the same while the list changes.
            async fn cursor(&self) -> String {
                self.0.cursor()
            }

            async fn node(&self) -> &$node {
                self.0
            }
        }

        impl From<$crate::schema::page::Cut<$node>> for $connection {
            fn from(cut: $crate::schema::page::Cut<$node>) -> Self {
                Self { nodes: cut.nodes, more: cut.more, before: cut.before, total: Some(cut.total) }
            }
        }
    };
}
pub(crate) use connection;

/// What an id says: the type, and what tells one of it from others.
pub(crate) fn parse_id(id: &str) -> Result<(String, Vec<String>)> {
    let parts = hex::decode(id).ok().and_then(|b| serde_json::from_slice::<Vec<String>>(&b).ok());
    let mut parts = parts.unwrap_or_default().into_iter();
    match parts.next() {
        Some(name) => Ok((name, parts.collect())),
        None => Err(bad_cursor("id is none of this API; take one from an `id` field")),
    }
}

/// An opaque cursor, or an id.
pub(crate) fn cursor(parts: &[&str]) -> String {
    hex::encode(serde_json::to_vec(parts).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded_and_cursors_come_back() {
        for bad in [0, -1, 201, i32::MAX] {
            assert!(Page::new(Some(bad), None).is_err());
        }
        assert_eq!(Page::new(None, None).unwrap().first, 20);
        let id = uuid::Uuid::from_u128(7);
        let page = Page::new(Some(5), Some(cursor(&["17", &id.to_string()]))).unwrap();
        let after = page.after_event().unwrap().unwrap();
        assert_eq!((after.ts_us, after.id), (17, id));
        let hostile = Page::new(None, Some(cursor(&["17", "' or 1 = 1 --"]))).unwrap();
        assert!(hostile.after_event().is_err());
        let key = |name: &&str| vec![(*name).to_owned()];
        assert!(page.cut(vec!["a"], key).is_err(), "a cursor of another list");
        let (name, parts) = parse_id(&cursor(&["Gpu", "ab"])).unwrap();
        assert_eq!((name.as_str(), parts.as_slice()), ("Gpu", &["ab".to_owned()][..]));
        assert!(parse_id("zz").is_err() && parse_id("").is_err());
        assert!(Page::new(None, Some("zz".into())).unwrap().cut(vec!["a"], key).is_err());
    }

    #[test]
    fn pages_neither_repeat_nor_skip() {
        let all: Vec<u8> = (b'a'..=b'e').collect();
        let key = |c: &u8| vec![char::from(*c).to_string()];
        let (mut seen, mut after) = (Vec::new(), None);
        for _ in 0..3 {
            let cut = Page::new(Some(2), after).unwrap().cut(all.clone(), key).unwrap();
            assert_eq!((cut.total, cut.more), (5, seen.len() < 4));
            after = cut.nodes.last().map(|c| cursor(&[&char::from(*c).to_string()]));
            seen.extend(cut.nodes);
        }
        assert_eq!(seen, all);
    }
}
