//! A simulation in place of the machine. Only with the feature `sim`, and only on threads where
//! [`enter`] was called: elsewhere everything is as without it.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use naap_schema::proto::Frame;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::codegen::Service;

pub use crate::spool::sim::Sim as Folder;

/// A connection.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection that is being made.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Socket>>> + Send>>;

/// What a simulation decides for the agents that run in it.
pub trait Machine {
    /// The wall clock of whoever runs now, microseconds since 1970 UTC.
    fn wall_us(&self) -> i64;
    /// 64 random bits.
    fn random(&self) -> u64;
    /// How long work that blocks takes, before it has its effect and again after it.
    fn blocked(&self) -> Duration;
    /// Connects to a collector.
    fn connect(&self, uri: Uri) -> Connecting;
    /// Is told which numbers rows got, before they are recorded.
    fn numbered(&self, frame: &Frame);
}

thread_local! {
    static MACHINE: RefCell<Option<Rc<dyn Machine>>> = const { RefCell::new(None) };
}

/// Puts a simulation in place of the machine for this thread, or takes it away.
pub fn enter(machine: Option<Rc<dyn Machine>>) {
    MACHINE.set(machine);
}

/// Asks the simulation, if there is one.
pub(crate) fn ask<T>(question: impl FnOnce(&dyn Machine) -> T) -> Option<T> {
    let machine = MACHINE.with_borrow(Clone::clone);
    machine.map(|m| question(m.as_ref()))
}

/// Connects through the simulation; `None` outside of one.
pub(crate) fn connector() -> Option<Connector> {
    ask(|_| Connector)
}

/// Makes connections in a simulation.
pub(crate) struct Connector;

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Socket>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = ask(|m| m.connect(uri));
        Box::pin(async move {
            let connecting = connecting.ok_or(io::ErrorKind::NotConnected)?;
            connecting.await.map(TokioIo::new)
        })
    }
}
