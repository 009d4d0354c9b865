//! Runs the whole room until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::config::{Config, ConfigError};
use crate::datasets::{Store, run_forever};
use crate::health::Health;
use crate::read::{Database, ReadError};
use crate::{http, schema};

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
    let datasets = config.datasets.as_ref().map(|d| Arc::new(Store::new(&d.folder)));
    let schema = schema::build(database, Arc::clone(&health), datasets.clone());
    let app = http::router(schema, health, datasets.clone());
    let address = config.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    let bound = listener.local_addr().map_err(ServeError::Serve)?;
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
    let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        drop(stopping);
    });
    tokio::select! {
        served = server => served.map_err(ServeError::Serve),
        () = async { stopped.await.unwrap_or(()); tokio::time::sleep(DRAIN).await } => {
            tracing::warn!("requests were still under way; stopping all the same");
            Ok(())
        }
    }
}

/// Whoever reads the file sees all of it or nothing.
fn write_atomically(file: &Path, text: &str) -> std::io::Result<()> {
    let next = file.with_extension("next");
    std::fs::write(&next, text)?;
    std::fs::rename(&next, file)
}
