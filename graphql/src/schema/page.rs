//! Relay pages: bounded sizes, opaque cursors.

use async_graphql::{Error, Result, SimpleObject};

use super::bad_argument;
use crate::limits;
use crate::read::sessions::Cursor;
use crate::refusal::{Code, Refusal};

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
            None => Err(no_cursor()),
        }
    }

    pub(crate) fn after_name(&self) -> Result<Option<String>> {
        Ok(self.parts(1)?.and_then(|p| p.into_iter().next()))
    }

    /// Where a list of sessions or jobs goes on.
    pub(crate) fn after_event(&self) -> Result<Option<Cursor>> {
        let Some(parts) = self.parts(2)? else { return Ok(None) };
        let cursor = match parts.as_slice() {
            [ts, id] => ts.parse().ok().zip(id.parse().ok()),
            _ => None,
        };
        let (ts_us, id) = cursor.ok_or_else(no_cursor)?;
        Ok(Some(Cursor { ts_us, id }))
    }
}

fn no_cursor() -> Error {
    Refusal::new(Code::BadCursor, "after is no cursor of this list")
        .hint("take one from pageInfo.endCursor")
        .into()
}

/// An opaque cursor.
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
        assert!(page.after_name().is_err(), "a cursor of another list");
        assert!(Page::new(None, Some("zz".into())).unwrap().after_name().is_err());
    }
}
