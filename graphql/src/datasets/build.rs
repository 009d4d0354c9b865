//! Builds what is due: days are read by the hour, written, named by what they hold, and published.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use chrono::NaiveDate;
use tokio::sync::mpsc;

use super::file::{self, Batch, FileError};
use super::manifest::{Built, License, Manifest, Outcome};
use super::plan::{self, Rules, Task};
use super::store::Store;
use super::subjects::{SUBJECTS, Subject};
use crate::clock::now_us;
use crate::config::{Config, ConfigError, Datasets};
use crate::limits;
use crate::read::series::Span;
use crate::read::{Database, ReadError};

/// Why datasets were not built.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// There is no folder for them.
    #[error("no datasets are published: name a folder with [datasets] folder")]
    Off,
    /// No such subject.
    #[error("there is no subject {name:?}; there are {known}")]
    Subject {
        /// What was asked for.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Another process writes.
    #[error("another process builds datasets in {}; wait for it, or stop it", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder.
    #[error("cannot use the folder of datasets {}; make it writable, or make room", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file.
    #[error("cannot build {subject} of {day}")]
    File {
        /// The subject.
        subject: &'static str,
        /// The day.
        day: NaiveDate,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The configuration.
    #[error("the configuration is wrong")]
    Config(#[from] ConfigError),
    /// The database.
    #[error("the rows cannot be read")]
    Read(#[from] ReadError),
}

/// What to build: all that is due, or less, or more.
#[derive(Debug, Clone, Default)]
pub struct Only {
    /// One subject.
    pub subject: Option<String>,
    /// These days, final ones too.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// All days that are not final, though they were looked at a short while ago.
    pub recheck: bool,
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files that were published.
    pub published: usize,
    /// Days that are as they were.
    pub unchanged: usize,
    /// Days that are due, and left to the next run.
    pub left: usize,
}

struct Run<'a> {
    database: &'a Database,
    store: &'a Arc<Store>,
    config: &'a Datasets,
    only: &'a Only,
    summary: Summary,
}

/// Builds once what is due, by a configuration.
///
/// # Errors
/// If no folder is configured, another process has it, or something cannot be read or written.
pub async fn build(config: &Config, only: &Only) -> Result<Summary, DatasetError> {
    let datasets = config.datasets.as_ref().ok_or(DatasetError::Off)?;
    let database = Database::new(&config.for_datasets(), &config.password()?)?;
    let store = Arc::new(Store::new(&datasets.folder));
    run(&database, &store, datasets, only).await
}

/// Builds what is due, again and again; what goes wrong is logged, and tried again.
pub(crate) async fn run_forever(database: Database, store: Arc<Store>, config: Datasets) {
    tokio::time::sleep(limits::DATASET_FIRST_RUN).await;
    loop {
        match run(&database, &store, &config, &Only::default()).await {
            Ok(Summary { published: 0, .. }) => {}
            Ok(summary) => tracing::info!(?summary, "datasets were published"),
            // Another API on the same folder does it.
            Err(DatasetError::Busy { .. }) => {}
            Err(e) => tracing::warn!(error = %crate::read::chain(&e), "datasets were not built"),
        }
        tokio::time::sleep(limits::DATASET_RUN_EVERY).await;
    }
}

async fn run(
    database: &Database,
    store: &Arc<Store>,
    config: &Datasets,
    only: &Only,
) -> Result<Summary, DatasetError> {
    let folder = |source| DatasetError::Folder { folder: config.folder.clone(), source };
    let subjects: Vec<&Subject> = SUBJECTS
        .iter()
        .filter(|s| only.subject.as_ref().is_none_or(|name| name == s.name))
        .collect();
    if let (true, Some(name)) = (subjects.is_empty(), &only.subject) {
        let known = SUBJECTS.each_ref().map(|s| s.name).join(", ");
        return Err(DatasetError::Subject { name: name.clone(), known });
    }
    let Some(_lock) = store.lock().map_err(folder)? else {
        return Err(DatasetError::Busy { folder: config.folder.clone() });
    };
    let mut run = Run { database, store, config, only, summary: Summary::default() };
    // One subject that cannot be read holds up no other one.
    let mut failed = None;
    for subject in subjects {
        if let Err(e) = run.subject(subject).await {
            tracing::warn!(subject = subject.name, error = %crate::read::chain(&e), "a dataset was not built");
            failed = Some(e);
        }
    }
    failed.map_or(Ok(run.summary), Err)
}

impl Run<'_> {
    async fn subject(&mut self, subject: &'static Subject) -> Result<(), DatasetError> {
        let folder = |source| DatasetError::Folder { folder: self.config.folder.clone(), source };
        let published = self.store.published(subject).map_err(folder)?;
        let license = License {
            name: self.config.license.clone(),
            url: self.config.license_url.clone(),
            attribution: self.config.attribution.clone(),
        };
        let mut manifest = match published {
            Some(published) => published.manifest.clone(),
            None => Manifest::new(subject.name, subject.description(), license.clone()),
        };
        self.store.tidy(subject, &manifest).map_err(folder)?;
        let before = manifest.clone();
        manifest.license = license;
        subject.description().clone_into(&mut manifest.description);

        let (now, rules) = (now_us(), self.config.rules());
        let kept = now - i64::from(rules.keep_superseded_days) * crate::read::sums::DAY_US;
        manifest.expire(plan::oldest(now, &rules), kept);
        let tasks = self.tasks(subject, &manifest, now).await?;
        self.summary.left += tasks.len().saturating_sub(limits::DATASET_BUILDS);
        let mut failed = None;
        for task in tasks.into_iter().take(limits::DATASET_BUILDS) {
            match self.day(subject, &mut manifest, task).await {
                Ok(Outcome::Same) => self.summary.unchanged += 1,
                Ok(Outcome::Published) => self.summary.published += 1,
                Err(e) => {
                    failed = Some(e);
                    break;
                }
            }
        }
        if manifest != before {
            self.publish(subject, &manifest)?;
            // What it no longer names goes, once nobody is told of it.
            self.store.tidy(subject, &manifest).map_err(folder)?;
        }
        failed.map_or(Ok(()), Err)
    }

    fn publish(&self, subject: &Subject, manifest: &Manifest) -> Result<(), DatasetError> {
        let folder = |source| DatasetError::Folder { folder: self.config.folder.clone(), source };
        self.store.publish(subject, manifest).map_err(folder)
    }

    async fn tasks(
        &self,
        subject: &Subject,
        manifest: &Manifest,
        now: i64,
    ) -> Result<Vec<Task>, DatasetError> {
        let begins = self.database.dataset_begins(subject.source).await?;
        let begins = begins.map(|t| t.date_naive());
        let rules = self.config.rules();
        Ok(match self.only.days {
            Some((from, to)) => plan::asked(from, to, begins, now, &rules),
            None => {
                let recheck_us = if self.only.recheck { 0 } else { rules.recheck_us };
                plan::due(manifest, begins, now, &Rules { recheck_us, ..rules })
            }
        })
    }

    /// Builds a day, and publishes it if it is new.
    async fn day(
        &self,
        subject: &'static Subject,
        manifest: &mut Manifest,
        task: Task,
    ) -> Result<Outcome, DatasetError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| DatasetError::File {
            subject: subject.name,
            day: task.day,
            source,
        };
        let built = tokio::time::timeout(limits::DATASET_DAY_WITHIN, self.file(subject, task.day));
        let built = match built.await {
            Ok(built) => built.map_err(failed)?,
            Err(e) => return Err(failed(e.into())),
        };
        let mut next = manifest.clone();
        let outcome = next.take(task.day, built, task.settled, now_us());
        if outcome == Outcome::Published {
            let name = next.day(task.day).and_then(|e| super::manifest::FileName::parse(&e.file));
            let name = name.ok_or_else(|| failed("it has no name".into()))?;
            self.store.keep(subject, &name).map_err(|e| failed(e.into()))?;
            self.publish(subject, &next)?;
            tracing::debug!(file = %name, "published");
        }
        *manifest = next;
        Ok(outcome)
    }

    /// Writes the file of a day, still without its name.
    async fn file(
        &self,
        subject: &'static Subject,
        day: NaiveDate,
    ) -> Result<Built, Box<dyn std::error::Error + Send + Sync>> {
        let (to, mut batches) = mpsc::channel::<RecordBatch>(limits::DATASET_BATCHES);
        // Without its end, what was written is no file: the writer is told apart from a reader that
        // gave up.
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let path = self.store.next_file(subject);
        let writing = tokio::task::spawn_blocking(move || {
            file::write(&path, subject, || batches.blocking_recv()).and_then(|built| {
                let gave_up = || FileError::Write(std::io::Error::other("the rows ended early"));
                finished.blocking_recv().map(|()| built).map_err(|_| gave_up())
            })
        });
        let read = self.read(subject, day, &to).await;
        drop(to);
        let formula = match read {
            Ok(formula) => formula,
            Err(e) => {
                drop(finish);
                // It ends by itself; its own error says no more than this one.
                drop(writing.await);
                return Err(e);
            }
        };
        // If it is gone, it says why.
        finish.send(()).ok();
        let built = writing.await??;
        Ok(Built { formula, ..built })
    }

    /// Reads a day by the hour; gives the versions of the definitions in it.
    async fn read(
        &self,
        subject: &'static Subject,
        day: NaiveDate,
        to: &mpsc::Sender<RecordBatch>,
    ) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
        let columns = subject.columns();
        let asked: Vec<_> = columns.iter().map(|c| (c.name, c.ty, c.key)).collect();
        let mut batch = Batch::new(&columns);
        let mut total = 0;
        let end = plan::start_us(day) + crate::read::sums::DAY_US;
        let mut from_us = plan::start_us(day);
        while from_us < end {
            let span = Span { from_us, to_us: from_us + limits::DATASET_SLICE_US };
            let mut rows = self.database.dataset_rows(subject.source, &asked, span).await?;
            while let Some(row) = rows.next().await? {
                batch.push(&row);
                total += 1;
                if total > limits::DATASET_DAY_ROWS {
                    return Err(format!("more than {} rows", limits::DATASET_DAY_ROWS).into());
                }
                // A writer that is gone says why.
                if batch.rows() >= limits::DATASET_BATCH_ROWS
                    && to.send(batch.take()?).await.is_err()
                {
                    return Ok(Vec::new());
                }
            }
            from_us = span.to_us;
        }
        if batch.rows() > 0 {
            to.send(batch.take()?).await.ok();
        }
        Ok(batch.into_formulas())
    }
}
