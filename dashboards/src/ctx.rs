//! One look at a page: who asks for what, and what went wrong on the way.

use std::sync::Mutex;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use chrono::TimeDelta;
use futures::future::join_all;
use serde::de::DeserializeOwned;

use crate::gql::Args;
use crate::lang::Lang;
use crate::model::{Around, Presence, Time};
use crate::panel::{self, Shown};
use crate::source::{Answer, Source};
use crate::view::{Origin, View};

/// What every page asks: how the stack is, and whose traffic there is.
fn around() -> String {
    let of = |name: &str, origin: Origin| {
        let args = Args::default().last("30d").origin(origin);
        format!("  {name}: network{args} {{ orchestrators sessions }}\n")
    };
    format!(
        "{{\n  status {{ checkedAt dataThrough }}\n{}{}{}{}}}",
        of("organic", Origin::Organic),
        of("simulated", Origin::Simulated),
        of("replayed", Origin::Replayed),
        of("test", Origin::Test)
    )
}

/// One look.
#[derive(Debug)]
pub(crate) struct Ctx {
    source: Source,
    pub(crate) path: String,
    pub(crate) view: View,
    /// Where this server is reached, for what readers copy.
    pub(crate) base: String,
    pub(crate) around: Option<Around>,
    /// Whose traffic is shown: what the address says, or the first that there is.
    pub(crate) whose: Origin,
    /// Is zero if it could not be told.
    now: Time,
    noted: Mutex<Noted>,
}

/// What went wrong, once each.
#[derive(Debug, Default, Clone)]
pub(crate) struct Noted {
    pub(crate) problems: Vec<String>,
    /// Age of the oldest figure that is only what was known last.
    pub(crate) stale: Option<Duration>,
}

impl Ctx {
    pub(crate) async fn new(source: &Source, path: &str, query: &str, headers: &HeaderMap) -> Self {
        let view = View::parse(query);
        let answer = source.ask(&around()).await;
        let around: Option<Around> = answer.read();
        let whose = view.origin.unwrap_or_else(|| around.as_ref().map_or(Origin::Organic, first));
        let age = TimeDelta::from_std(answer.stale.unwrap_or_default()).unwrap_or_default();
        let now = around.as_ref().map_or(Time::UNIX_EPOCH, |a| a.status.checked_at + age);
        let ctx = Self {
            source: source.clone(),
            path: path.to_owned(),
            view,
            base: base(headers),
            around,
            whose,
            now,
            noted: Mutex::default(),
        };
        ctx.note(&answer);
        ctx
    }

    /// The moment that ages are counted from.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    pub(crate) fn lang(&self) -> Lang {
        Lang::parse(self.view.lang.as_deref())
    }

    /// Asks for a part of the page.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, document: &str) -> Option<T> {
        let answer = self.source.ask(document).await;
        self.note(&answer);
        let read = answer.read();
        if read.is_none() && answer.data.is_some() {
            self.problem("the API answered something that this page does not understand");
        }
        read
    }

    /// Charts, asked for at the same time, narrowed as the page is.
    pub(crate) async fn panels(&self, ids: &[&str]) -> Vec<Shown> {
        self.panels_of(&self.view, ids).await
    }

    /// The same, narrowed otherwise.
    pub(crate) async fn panels_of(&self, view: &View, ids: &[&str]) -> Vec<Shown> {
        self.panels_whose(view, self.whose, ids).await
    }

    /// The same of load tests, whatever else the page shows.
    pub(crate) async fn tests(&self, view: &View, ids: &[&str]) -> Vec<Shown> {
        self.panels_whose(view, Origin::Test, ids).await
    }

    async fn panels_whose(&self, view: &View, whose: Origin, ids: &[&str]) -> Vec<Shown> {
        let panels = ids.iter().filter_map(|id| panel::find(id));
        let shown = join_all(panels.map(|p| p.show(&self.source, view, whose))).await;
        shown.iter().for_each(|s| self.note(&s.answer));
        shown
    }

    fn note(&self, answer: &Answer) {
        let mut noted = self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        noted.problems.extend(answer.problems.iter().cloned());
        noted.problems.sort();
        noted.problems.dedup();
        noted.stale = noted.stale.max(answer.stale);
    }

    fn problem(&self, text: &str) {
        self.note(&Answer { problems: vec![text.to_owned()], ..Answer::default() });
    }

    /// What went wrong so far.
    pub(crate) fn noted(&self) -> Noted {
        self.noted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The address of this page with one thing changed.
    pub(crate) fn link(&self, change: impl FnOnce(&mut View)) -> String {
        self.view.with(change).link(&self.path)
    }

    /// The address of another page, with what all have in common.
    pub(crate) fn to(&self, path: &str) -> String {
        self.view.common().link(path)
    }
}

/// The first origin that has anything; organic if none has.
fn first(around: &Around) -> Origin {
    let has = |p: &Option<Presence>| p.as_ref().is_some_and(|p| p.sessions + p.orchestrators > 0);
    let of = |origin: Origin| match origin {
        Origin::Organic => &around.organic,
        Origin::Simulated => &around.simulated,
        Origin::Replayed => &around.replayed,
        Origin::Test => &around.test,
    };
    Origin::ALL.into_iter().find(|o| has(of(*o))).unwrap_or(Origin::Organic)
}

/// Where this server is reached, as the reader's browser says; what it says is only ever text.
fn base(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let host = text(header::HOST.as_str()).filter(|h| {
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        !h.is_empty() && h.len() <= 255 && h.chars().all(plain)
    });
    let scheme = if text("x-forwarded-proto") == Some("https") { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or("localhost:8080"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_hostile_host_is_not_repeated() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("naap.example:8443"));
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        assert_eq!(base(&headers), "https://naap.example:8443");
        headers.insert(header::HOST, HeaderValue::from_static("x' ; rm -rf ~"));
        assert_eq!(base(&headers), "https://localhost:8080");
    }
}
