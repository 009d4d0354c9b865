//! Every limit of this crate, each with its reason. Nothing here may be read from the environment;
//! a limit that an operator must be able to change belongs into a flag.

use std::time::Duration;

/// Free space that a start needs: a fresh database with its append pages takes about 200 MB, and
/// QuestDB suspends tables when the disk is full.
pub const MIN_FREE_BYTES: u64 = 512 * 1024 * 1024;

/// Below this much free space a start warns: raw rows of a day of one machine take some 100 MB.
pub const LOW_FREE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// The largest log of a part; one older file of the same size is kept beside it.
pub const MAX_LOG_BYTES: u64 = 8 * 1024 * 1024;

/// How often logs are looked at: a part that floods its log writes well below 1 MiB/s.
pub const LOG_CHECK_EVERY: Duration = Duration::from_secs(15);

/// Lines of a log that an error shows: what fits a screen.
pub const TAIL_LINES: usize = 15;

/// Bytes of a log's end that are read to find these lines.
pub const TAIL_BYTES: u64 = 16 * 1024;

/// Characters of one shown line; stack traces and SQL can be much longer.
pub const TAIL_LINE_CHARS: usize = 300;

/// The largest file of its own (state, secret, configuration) that is read.
pub const MAX_OWN_FILE_BYTES: u64 = 256 * 1024;

/// The largest answer of a health check that is read.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long a health check may take.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How often an unready part is asked again.
pub const ASK_EVERY: Duration = Duration::from_millis(100);

/// How often something that takes long says that it still runs.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// How long QuestDB may take to answer: 5 s on an idle machine, and a large database that was not
/// closed replays its WAL first.
pub const QUESTDB_READY_WITHIN: Duration = Duration::from_secs(100);

/// How long collector or API may take to answer; the collector runs migrations before.
pub const PART_READY_WITHIN: Duration = Duration::from_secs(60);

/// How long the download of QuestDB (30 MB, and Maven's plugin) may take: slow lines exist.
pub const DOWNLOAD_WITHIN: Duration = Duration::from_secs(900);

/// How long a short command (`java -version`, `naap-collector token add`) may take.
pub const COMMAND_WITHIN: Duration = Duration::from_secs(20);

/// Installed Javas that are tried at most.
pub const MAX_JAVAS: usize = 32;

/// How long agents get to stop. The five limits add up to 14 s; a stop takes 15 s at most.
pub const AGENT_STOP_WITHIN: Duration = Duration::from_millis(2500);

/// How long the API gets to stop.
pub const API_STOP_WITHIN: Duration = Duration::from_millis(2500);

/// How long the collector gets to stop: it commits what it has taken.
pub const COLLECTOR_STOP_WITHIN: Duration = Duration::from_secs(3);

/// How long QuestDB gets to stop, inside its guard; a kill after that loses no committed row.
pub const QUESTDB_STOP_WITHIN: Duration = Duration::from_secs(5);

/// How long the guard gives QuestDB; shorter than the above, so that the guard itself ends in time.
pub const GUARD_STOP_WITHIN: Duration = Duration::from_millis(4500);

/// How long leftovers of a killed `naap` get to stop before they are killed.
pub const LEFTOVER_STOP_WITHIN: Duration = Duration::from_secs(10);

/// How long `naap down` waits: longer than a stop may take.
pub const DOWN_WITHIN: Duration = Duration::from_secs(20);

/// How long a start waits for the lock: `naap status` holds it for a moment.
pub const LOCK_WITHIN: Duration = Duration::from_secs(1);

/// The first pause before a part that died is started again.
pub const BACKOFF_FIRST: Duration = Duration::from_millis(500);

/// The longest such pause: a part that can run again must not stay away for long.
pub const BACKOFF_MAX: Duration = Duration::from_secs(15);

/// A part that ran this long starts its pauses anew.
pub const STEADY_AFTER: Duration = Duration::from_secs(60);

/// Ports tried until one is free.
pub const PORT_TRIES: usize = 200;

/// Recorded files of one replay: each is an open file and a task of the agent.
pub const MAX_REPLAY_FILES: usize = 64;

/// Entries of the data folder that are counted to say how much disk it uses; a year of daily
/// partitions of every table is about 100 000 files.
pub const MAX_COUNTED_ENTRIES: usize = 500_000;

/// Processes that are looked at when leftovers or the owner of a port are searched.
pub const MAX_PROCESSES: usize = 100_000;

/// History of a demonstration, days: its agents may deliver rows that are at most a year old.
pub const MAX_DEMO_DAYS: f64 = 360.0;

/// Free space that loading a history needs: QuestDB keeps what it has written once more until it
/// has applied all of it, measured 3.4 GB for 2 days and 3.6 GB for 10.
pub const DEMO_BYTES: u64 = 3500 * 1024 * 1024;

/// And for each day of it: 27 MiB of lines, and the rows made of them.
pub const DEMO_DAY_BYTES: u64 = 60 * 1024 * 1024;

/// How long the simulated network of a demonstration gets to stop; it ends the line that it writes.
pub const SIMULATION_STOP_WITHIN: Duration = Duration::from_secs(1);

/// Length of a simulated network, hours: 400 days, as the simulation itself allows.
pub const MAX_SIMULATED_HOURS: f64 = 9600.0;

/// How much faster than time a simulation may be written as time passes; beyond that all at once is
/// meant.
pub const MAX_SPEED: f64 = 100_000.0;

/// A simulation that waits for its next line looks at least this often whether the clock was set.
pub const SIMULATE_LOOKS: Duration = Duration::from_secs(1);

/// Lines after which a simulation of the past lets others run: some milliseconds.
pub const SIMULATE_LINES: u64 = 500;

/// A live simulation sets a file of this size aside: an ordinary gateway's month takes less, and a
/// simulation that is forgotten must not fill the disk.
pub const SIMULATE_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// The longest line of a simulation: agents take 1 MiB.
pub const SIMULATE_LINE_BYTES: u64 = 1024 * 1024;

/// How long `naap mirror` may take: a year of a large network over a slow line.
pub const MIRROR_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// How long it waits for a connection.
pub const MIRROR_CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// And for an answer to begin.
pub const MIRROR_ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// And for a body: what came until then is kept, and the next request goes on from there.
pub const MIRROR_BODY_WITHIN: Duration = Duration::from_secs(120);

/// Tries in a row that bring nothing before it gives up.
pub const MIRROR_TRIES: u32 = 4;

/// The pause after the first of them; each further one is longer by as much.
pub const MIRROR_PAUSE: Duration = Duration::from_secs(1);

/// The largest list of subjects that it reads.
pub const MIRROR_LIST_BYTES: u64 = 4 << 20;

/// The largest manifest that it reads: what the API writes at most.
pub const MIRROR_MANIFEST_BYTES: u64 = 32 << 20;

/// Subjects that it takes from one address.
pub const MIRROR_SUBJECTS: usize = 256;

/// Files of one subject that it takes, or finds in its folder.
pub const MIRROR_FILES: usize = 200_000;

/// The largest file that it takes: a day of one subject.
pub const MIRROR_FILE_BYTES: u64 = 64 << 30;

/// What must stay free on the disk of a mirror.
pub const MIRROR_FREE_BYTES: u64 = 64 << 20;
