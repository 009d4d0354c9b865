//! The whole collector: puts the parts together, starts them, and stops them in order. It may open
//! the port and start tasks; it must never decide anything about a row.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use naap_schema::proto::ingest_server::IngestServer;
use naap_schema::{limits as wire, proto};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::{Router, Server};
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::{Config, ConfigError};
use crate::derive::Runner;
use crate::fitness::Fitness;
use crate::guard::Guard;
use crate::ledger::Ledgers;
use crate::limits;
use crate::listen::{Accept, Caps, Door, connections};
use crate::metrics::{self, Metrics};
use crate::migrate::{MigrateError, migrate};
use crate::pg::Pg;
use crate::quota::Quotas;
use crate::receive::{Service, authenticate};
use crate::scrub::{Scrub, Touched};
use crate::store::questdb::{Http, Ilp, PgLedger};
use crate::store::together::Together;
use crate::store::{Batch, Committer, StoreError, Told, Waits, Writer};
use crate::tls::{Certificates, TlsError};
use crate::tokens::{TokenError, Tokens};

/// The name under which health is asked.
const SERVICE: &str = "naap.v1.Ingest";

/// Why the collector does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its configuration.
    #[error("the configuration is not taken")]
    Config(#[from] ConfigError),
    /// Its tokens.
    #[error("the tokens cannot be read")]
    Tokens(#[from] TokenError),
    /// The database's schema.
    #[error("the database cannot be used")]
    Migrate(#[from] MigrateError),
    /// The database.
    #[error("the store cannot be set up: {0}")]
    Store(String),
    /// The InfluxDB that gets rows too.
    #[cfg(feature = "influx")]
    #[error("[influx] cannot be used: {0}")]
    Influx(String),
    /// The port.
    #[error("listening on {address}; is another collector running?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What came of it.
        #[source]
        source: std::io::Error,
    },
    /// Certificate or key.
    #[error("no TLS")]
    Tls(#[from] TlsError),
    /// The address of the metrics.
    #[error("[metrics] listen {address} cannot be listened on; is it taken?")]
    Metrics {
        /// The address.
        address: SocketAddr,
        /// What came of it.
        #[source]
        source: std::io::Error,
    },
    /// The descriptors of the service.
    #[error("gRPC reflection cannot be set up")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The server.
    #[error("serving gRPC")]
    Serve(#[source] tonic::transport::Error),
    /// A part that never ends.
    #[error("{0} ended; the log says why")]
    Ended(&'static str),
}

impl From<StoreError> for RunError {
    fn from(e: StoreError) -> Self {
        Self::Store(e.to_string())
    }
}

pub(crate) fn pg(config: &Config) -> Result<Pg, ConfigError> {
    let q = &config.questdb;
    Ok(Pg::new(&q.pg, &q.pg_user, config.pg_password()?.as_deref()))
}

/// Brings the database's schema up to date; gives how many migrations were applied.
///
/// # Errors
/// If the database does not answer, or cannot be brought there.
pub async fn migrate_only(config: &Config) -> Result<usize, RunError> {
    Ok(migrate(&pg(config)?).await?)
}

/// Runs the collector until `stop` comes: migrates, listens, tells `ready` where, and serves.
///
/// # Errors
/// If it cannot start, or a part of it fails for good.
pub async fn run(
    config: Config,
    stop: impl Future<Output = ()> + Send,
    ready: impl FnOnce(SocketAddr) + Send,
) -> Result<(), RunError> {
    config.check_files()?;
    let fitness = Fitness::new();
    let metrics = Metrics::new(fitness.clone());
    let tokens = Arc::new(Tokens::open(&config.tokens_file)?);
    let http = Http { address: config.questdb.http.clone(), login: config.http_login()? };
    let writers = (0..limits::WRITERS)
        .map(|_| Ok(Box::new(Ilp::new(&http)?) as Box<dyn Writer>))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let open = |files| Certificates::open(files, Arc::clone(&metrics)).map(Arc::new);
    let tls = config.tls.as_ref().map(open).transpose()?;
    let pg = pg(&config)?;
    tokio::pin!(stop);
    tokio::select! {
        migrated = migrate(&pg) => { migrated?; }
        () = &mut stop => return Ok(()),
    }
    // After a crash, what was committed may not be readable yet, and the ledger would seem behind.
    pg.run("select wait_wal_table('ledger')", limits::PG_STATEMENT).await?;
    let touched = Arc::new(Touched::default());
    // The guard has a connection of its own, so that no slow query blinds it.
    let eyes = (Arc::new(self::pg(&config)?), Arc::new(self::pg(&config)?));
    let guard = Guard::new(eyes, fitness.clone(), Arc::clone(&metrics), config.guard.max_lag);
    let scrub = Scrub::new(
        self::pg(&config)?,
        config.scrub.clone(),
        fitness.clone(),
        Arc::clone(&metrics),
        Arc::clone(&touched),
    );
    let inbox = config.derive.enabled.then(Arc::default);
    let runner = match &inbox {
        Some(inbox) => {
            let (inbox, writers) = (Arc::clone(inbox), (Ilp::new(&http)?, Ilp::new(&http)?));
            let pgs = (self::pg(&config)?, self::pg(&config)?);
            let told = (fitness.clone(), Arc::clone(&metrics), Arc::clone(&touched));
            Some(Runner::new(pgs, writers, inbox, told))
        }
        None => None,
    };
    let mut background = JoinSet::new();
    let told = Told::new(Arc::clone(&metrics), touched, inbox);
    #[cfg(feature = "influx")]
    let told = with_influx(&config, told, &mut background)?;
    let parts = Parts {
        tokens,
        ledgers: Arc::new(Ledgers::new(Box::new(Together::new(PgLedger(Arc::new(pg)))))),
        writers,
        fitness,
        waits: Waits { events: config.flush.events, samples: config.flush.samples },
        tls,
        caps: Caps { all: config.max_connections, per_address: config.max_connections_per_address },
        quotas: Quotas::new(config.quotas.clone(), Arc::clone(&metrics)),
        told,
    };
    let address = config.listen;
    let listener =
        TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
    background.spawn(guard.run());
    background.spawn(scrub.run());
    if let Some(runner) = runner {
        background.spawn(runner.run());
    }
    if let Some(config) = &config.metrics {
        let address = config.listen;
        let bound = metrics::http::bind(address).await;
        let (listener, at) = bound.map_err(|source| RunError::Metrics { address, source })?;
        tracing::info!("metrics at http://{at}/metrics");
        background.spawn(metrics::http::serve(listener, metrics));
    }
    serve(parts, listener, background, stop, ready).await
}

/// Tells an InfluxDB too, where one is configured; its writer joins the background.
#[cfg(feature = "influx")]
fn with_influx(
    config: &Config,
    mut told: Told,
    background: &mut JoinSet<()>,
) -> Result<Told, RunError> {
    if let Some((influx, token)) = config.influx.as_ref().zip(config.influx_token()?) {
        let ends = crate::influx::mirror(influx, &token, Arc::clone(&told.metrics));
        let (mirror, sender) = ends.map_err(RunError::Influx)?;
        told.influx = Some(mirror);
        background.spawn(sender.run());
    }
    Ok(told)
}

/// What the server is made of.
pub(crate) struct Parts {
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) ledgers: Arc<Ledgers>,
    pub(crate) writers: Vec<Box<dyn Writer>>,
    pub(crate) fitness: Fitness,
    pub(crate) waits: Waits,
    pub(crate) tls: Option<Arc<Certificates>>,
    pub(crate) caps: Caps,
    pub(crate) quotas: Quotas,
    /// Who is told of what was stored.
    pub(crate) told: Told,
}

/// Serves on `listener` until `stop` comes, and then lets streams end in order.
pub(crate) async fn serve(
    parts: Parts,
    listener: impl Accept,
    mut background: JoinSet<()>,
    stop: impl Future<Output = ()> + Send,
    ready: impl FnOnce(SocketAddr) + Send,
) -> Result<(), RunError> {
    let address = listener
        .local_addr()
        .map_err(|source| RunError::Listen { address: ([0, 0, 0, 0], 0).into(), source })?;
    let (stopping, stopped) = watch::channel(false);
    let (queue, batches) = mpsc::channel::<Batch>(limits::QUEUED_FRAMES);
    let metrics = Arc::clone(&parts.told.metrics);
    let committer = Committer::new(
        batches,
        parts.writers,
        parts.fitness.clone(),
        parts.waits,
        stopped.clone(),
        parts.told,
    );
    let mut committer = tokio::spawn(committer.run());
    let (health, health_service) = tonic_health::server::health_reporter();
    let health_service = health_service.max_decoding_message_size(limits::PUBLIC_MESSAGE_BYTES);
    report(&health, false).await;
    let service = Service::new(
        Arc::clone(&parts.tokens),
        parts.ledgers,
        parts.quotas,
        Arc::clone(&metrics),
        queue,
        stopped.clone(),
    );
    let router = router(service, Arc::clone(&parts.tokens), Arc::clone(&metrics), health_service)?;
    let tokens = parts.tokens;
    if let Some(certificates) = &parts.tls {
        let certificates = Arc::clone(certificates);
        background.spawn(async move { certificates.watch().await });
    }
    background.spawn(async move { tokens.watch().await });
    let mut changes = parts.fitness.changes();
    background.spawn(async move {
        while let Some(fit) = changes.next().await {
            report(&health, fit).await;
        }
    });
    let mut until = stopped.clone();
    let until = async move { drop(until.wait_for(|stop| *stop).await) };
    let door = Door { caps: parts.caps, tls: parts.tls, metrics };
    let serving = router.serve_with_incoming_shutdown(connections(listener, door), until);
    let mut serving = tokio::spawn(serving);
    tracing::info!("listening on {address}");
    ready(address);
    let ended = tokio::select! {
        () = stop => None,
        served = &mut serving => Some(match served {
            Ok(Err(e)) => RunError::Serve(e),
            _ => RunError::Ended("the gRPC server"),
        }),
        _ = &mut committer => Some(RunError::Ended("the committer")),
        _ = background.join_next() => Some(RunError::Ended("a background task")),
    };
    if let Some(error) = ended {
        return Err(error);
    }
    tracing::info!("stopping: waiting for the acks of what was taken");
    stopping.send_replace(true);
    // Health watchers never end by themselves; after a while connections are simply closed.
    let drained = tokio::time::timeout(limits::DRAIN, &mut serving).await.is_ok();
    serving.abort();
    let committed = tokio::time::timeout(limits::STOP - limits::DRAIN, &mut committer).await;
    committer.abort();
    tracing::info!(drained, committed = committed.is_ok(), "stopped");
    Ok(())
}

async fn report(health: &HealthReporter, fit: bool) {
    let status = if fit { ServingStatus::Serving } else { ServingStatus::NotServing };
    health.set_service_status(SERVICE, status).await;
    health.set_service_status("", status).await;
}

/// Reads every file that the configuration names, to say now what would fail later.
///
/// # Errors
/// With the key that names the file.
pub fn check_files(config: &Config) -> Result<(), RunError> {
    config.check_files()?;
    Tokens::open(&config.tokens_file)?;
    if let Some(files) = &config.tls {
        Certificates::open(files, Metrics::new(Fitness::new()))?;
    }
    Ok(())
}

fn router<H>(
    service: Service,
    tokens: Arc<Tokens>,
    metrics: Arc<Metrics>,
    health: tonic_health::pb::health_server::HealthServer<H>,
) -> Result<Router, RunError>
where
    H: tonic_health::pb::health_server::Health,
{
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let v1 = reflection().build_v1()?.max_decoding_message_size(limits::PUBLIC_MESSAGE_BYTES);
    let v1alpha =
        reflection().build_v1alpha()?.max_decoding_message_size(limits::PUBLIC_MESSAGE_BYTES);
    let ingest = IngestServer::new(service)
        .max_decoding_message_size(wire::MAX_FRAME_BYTES + limits::MESSAGE_SLACK_BYTES);
    // Before anything of a body is read.
    let ingest = InterceptedService::new(ingest, move |r| authenticate(&tokens, &metrics, r));
    let mut server = Server::builder()
        .timeout(limits::CALL)
        .max_concurrent_streams(limits::STREAMS_PER_CONNECTION)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::CONNECTION_WINDOW_BYTES)
        .http2_max_header_list_size(limits::HEADER_BYTES)
        .http2_max_pending_accept_reset_streams(Some(limits::PENDING_RESETS))
        .http2_max_local_error_reset_streams(Some(limits::LOCAL_ERROR_RESETS))
        .http2_keepalive_interval(Some(limits::KEEPALIVE))
        .http2_keepalive_timeout(Some(limits::KEEPALIVE))
        .max_connection_age(limits::CONNECTION_AGE);
    Ok(server.add_service(ingest).add_service(health).add_service(v1).add_service(v1alpha))
}
