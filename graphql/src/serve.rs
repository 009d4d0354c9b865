//! Runs the whole room until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::answer::Answers;
use crate::config::{Config, ConfigError};
use crate::datasets::{Store, run_forever};
use crate::health::Health;
use crate::metrics::{self, Metrics};
use crate::read::{Database, ReadError};
use crate::{compat, http, listen, schema};

/// Requests under way when it stops have this long to end.
const DRAIN: Duration = Duration::from_secs(5);

/// Why the API does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Something in the configuration.
    #[error("the configuration is wrong")]
    Config(#[from] ConfigError),
    /// The database's address.
    #[error("the database cannot be set up")]
    Database(#[from] ReadError),
    /// The collector's address.
    #[error("collector = {address:?} is no address; write http://ADDR:PORT")]
    Collector {
        /// What was written.
        address: String,
        /// Why it is none.
        #[source]
        source: tonic::transport::Error,
    },
    /// The port.
    #[error("cannot listen on {address}; is the port taken?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file that says where it listens.
    #[error("cannot write the address file")]
    AddressFile(#[source] std::io::Error),
    /// Serving ended.
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
}

/// Serves until `stop`; writes the bound address to `address_file`.
///
/// # Errors
/// If it cannot begin, or the listener fails.
pub async fn serve(
    config: &Config,
    address_file: Option<&Path>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let database = Database::new(&config.questdb, &config.password()?)?;
    let health = Health::new(database.clone(), &config.collector)
        .map_err(|source| ServeError::Collector { address: config.collector.clone(), source })?;
    let health = Arc::new(health);
    let (stopping, stopped) = watch::channel(false);
    let figures = Metrics::new(database.figures());
    let compat = compat::Compat::new(&database);
    let datasets = config.datasets.as_ref().map(|d| Arc::new(Store::new(&d.folder)));
    let schema = schema::build(database, Arc::clone(&health), datasets.clone());
    let answers = Answers::new(schema, config, Arc::clone(&figures));
    let pages = config.pages.settings();
    let app = http::router(&answers, compat, health, datasets.clone(), &pages, &stopped);
    let figures = match config.metrics.as_ref().map(|m| m.listen) {
        Some(address) => {
            let (listener, bound) = bind(address).await?;
            tracing::info!(address = %bound, "figures");
            let (app, until_aborted) = (metrics::router(figures), std::future::pending());
            let stopping = watch::Sender::new(false);
            Some(tokio::spawn(listen::serve(
                listener,
                app,
                until_aborted,
                stopping,
                Duration::ZERO,
            )))
        }
        None => None,
    };
    let (listener, bound) = bind(config.listen).await?;
    if let Some(file) = address_file {
        write_atomically(file, &bound.to_string()).map_err(ServeError::AddressFile)?;
    }
    tracing::info!(address = %bound, "listening");
    let mut tasks = tokio::task::JoinSet::new();
    if let (Some(store), Some(datasets)) = (datasets, &config.datasets) {
        let database = Database::new(&config.for_datasets(), &config.password()?)?;
        // It ends when the set is dropped; what it was writing is no file yet.
        tasks.spawn(run_forever(database, store, datasets.clone()));
    }
    if !listen::serve(listener, app, stop, stopping, DRAIN).await {
        tracing::warn!("requests were still under way; stopping all the same");
    }
    if let Some(figures) = figures {
        figures.abort();
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    let bound = listener.local_addr().map_err(ServeError::Serve)?;
    Ok((listener, bound))
}

/// Whoever reads the file sees all of it or nothing.
fn write_atomically(file: &Path, text: &str) -> std::io::Result<()> {
    let next = file.with_extension("next");
    std::fs::write(&next, text)?;
    std::fs::rename(&next, file)
}
