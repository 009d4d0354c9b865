//! Whether rows can be committed now. The guard and the committer report here; health, and the
//! committer before it acknowledges, listen. Touches nothing else.

use tokio::sync::watch;

/// Who reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The state of the tables.
    Guard,
    /// Requests that commit.
    Writer,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    guard: Option<String>,
    writer: Option<String>,
}

/// The fitness of the store, shared.
#[derive(Debug, Clone)]
pub(crate) struct Fitness(watch::Sender<State>);

impl Fitness {
    /// Not fit until the guard has looked.
    pub(crate) fn new() -> Self {
        let guard = Some("the state of the tables is not known yet".to_owned());
        Self(watch::Sender::new(State { guard, writer: None }))
    }

    /// Reports what is wrong, or `None` when it is well. True if that is news.
    pub(crate) fn report(&self, part: Part, wrong: Option<String>) -> bool {
        self.0.send_if_modified(|state| {
            let slot = match part {
                Part::Guard => &mut state.guard,
                Part::Writer => &mut state.writer,
            };
            let news = *slot != wrong;
            *slot = wrong;
            news
        })
    }

    /// Whether something is wrong, by the guard and by the writers.
    pub(crate) fn wrong(&self) -> (bool, bool) {
        let state = self.0.borrow();
        (state.guard.is_some(), state.writer.is_some())
    }

    /// Waits until the guard has nothing against writing.
    pub(crate) async fn allowed(&self) {
        // The sender lives in `self`, so this cannot fail.
        drop(self.0.subscribe().wait_for(|s| s.guard.is_none()).await);
    }

    /// To see changes with.
    pub(crate) fn changes(&self) -> Changes {
        Changes { states: self.0.subscribe(), last: None }
    }
}

/// Changes between fit and unfit.
#[derive(Debug)]
pub(crate) struct Changes {
    states: watch::Receiver<State>,
    last: Option<bool>,
}

impl Changes {
    /// How it is, at first; then how it is after the next change. `None` when nobody reports.
    pub(crate) async fn next(&mut self) -> Option<bool> {
        loop {
            let fit = *self.states.borrow_and_update() == State::default();
            if self.last != Some(fit) {
                self.last = Some(fit);
                return self.last;
            }
            self.states.changed().await.ok()?;
        }
    }
}
