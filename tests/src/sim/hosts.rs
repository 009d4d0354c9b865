//! The software of the simulated machines: the product's own parts, put together as it does.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use naap_agent::record::{Batch, Recorder, new_epoch};
use naap_agent::ship::{Shipper, Target};
use naap_agent::sim::Folder;
use naap_agent::spool::Spool;
use naap_agent::{record, ship};
use naap_collector::sim::{Accepting, Listener, Socket, collect};
use tokio::sync::{mpsc, oneshot, watch};

use super::world::World;

const PORT: u16 = 50051;

type Software = Pin<Box<dyn Future<Output = turmoil::Result>>>;

/// An agent's machine.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    /// Its place among the clocks.
    pub(super) host: usize,
    /// The number of its node.
    pub(super) node: usize,
    pub(super) folder: Folder,
    pub(super) spool_bytes: u64,
    pub(super) token_file: PathBuf,
}

/// What runs on an agent's machine.
pub(super) fn agent(world: &Rc<World>, spec: Spec) -> impl Fn() -> Software + 'static {
    let world = Rc::clone(world);
    move || Box::pin(run_agent(Rc::clone(&world), spec.clone()))
}

async fn run_agent(world: Rc<World>, spec: Spec) -> turmoil::Result {
    world.begin(spec.host, spec.node);
    let (spool, writer) = Spool::open(Arc::new(spec.folder.clone()), spec.spool_bytes);
    world.opened(spec.host, &spool);
    let (to_recorder, rows) = mpsc::channel(64);
    let target = Target {
        address: format!("http://collector:{PORT}"),
        token_file: spec.token_file,
        ca_file: None,
    };
    let counts = Arc::new(ship::Counts::default());
    let shipper = Shipper::new(target, spool.clone(), counts, to_recorder.downgrade());
    let counts = Arc::new(record::Counts::default());
    let recorder = Recorder::new(new_epoch(), spool.clone(), writer, counts);
    let mut recording = tokio::spawn(recorder.run(rows));
    let (_drain, draining) = watch::channel(false);
    let mut shipping = tokio::spawn(shipper.run(draining));
    let source = source(Rc::clone(&world), spec.host, spec.folder, spool, to_recorder);
    tokio::select! {
        biased;
        _ = &mut recording => Err("the recorder ended".into()),
        _ = &mut shipping => Err("the shipper ended".into()),
        () = source => Ok(()),
    }
}

/// Hands out rows each second. What became of them is asked beside.
async fn source(
    world: Rc<World>,
    host: usize,
    folder: Folder,
    spool: Spool,
    to: mpsc::Sender<Batch>,
) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if !world.issuing.get() {
            continue;
        }
        let (ids, rows) = world.issue(host);
        let (recorded, told) = oneshot::channel();
        if to.send(Batch { rows, recorded: Some(recorded), soon: false }).await.is_err() {
            return;
        }
        let (world, folder, spool) = (Rc::clone(&world), folder.clone(), spool.clone());
        tokio::task::spawn_local(async move {
            // What is in memory only is lost with the process, and the agent says so. Where the
            // power is gone, nobody says anything any more.
            if told.await.is_ok() && !spool.pending().degraded && !folder.is_cut() {
                world.recorded(&ids);
            }
        });
    }
}

/// What runs on the collector's machine.
pub(super) fn collector(
    world: &Rc<World>,
    tokens_file: PathBuf,
) -> impl Fn() -> Software + 'static {
    let world = Rc::clone(world);
    move || {
        let (world, tokens_file) = (Rc::clone(&world), tokens_file.clone());
        Box::pin(async move {
            world.begin(0, 0);
            let listener = turmoil::net::TcpListener::bind(("0.0.0.0", PORT)).await?;
            let store = world.store.clone();
            collect(store, &tokens_file, Box::new(Port(listener))).await?;
            Ok(())
        })
    }
}

struct Port(turmoil::net::TcpListener);

impl Listener for Port {
    fn accept(&self) -> Accepting<'_> {
        Box::pin(async move {
            let (socket, address) = self.0.accept().await?;
            Ok((Box::new(socket) as Box<dyn Socket>, address))
        })
    }
}

/// Connects to the collector.
pub(super) async fn connect() -> io::Result<Box<dyn naap_agent::sim::Socket>> {
    let socket = turmoil::net::TcpStream::connect(("collector", PORT)).await?;
    Ok(Box::new(socket))
}
