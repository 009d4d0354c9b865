//! A source whose rows someone else looks at too, on their way to the recorder.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use naap_schema::Row;

use super::kafka::Closing;
use super::{Now, Pace, Reading, Source, SourceError};

/// Reads as the source within does.
pub(crate) struct Watched {
    source: Box<dyn Source>,
    look: Box<dyn FnMut(&Row) + Send>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.source.name()).finish()
    }
}

impl Watched {
    /// `source`, each of whose rows is shown to `look`, which must be quick.
    pub(crate) fn new(source: Box<dyn Source>, look: impl FnMut(&Row) + Send + 'static) -> Self {
        Self { source, look: Box::new(look) }
    }
}

#[async_trait]
impl Source for Watched {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn pace(&self) -> Pace {
        self.source.pace()
    }

    fn deadline(&self) -> Duration {
        self.source.deadline()
    }

    fn closing(&self) -> Option<Closing> {
        self.source.closing()
    }

    async fn read(&mut self, now: Now) -> Result<Reading, SourceError> {
        let reading = self.source.read(now).await?;
        reading.rows.iter().for_each(&mut self.look);
        Ok(reading)
    }
}
