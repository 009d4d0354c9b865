//! Says what is wrong with the store and with the collector's own files, and what to do; does it
//! when told. It may read, resume what is suspended, and refresh a bounded range of a view; it must
//! never drop anything, nor refresh a view in full.

use std::fmt;
use std::os::unix::fs::MetadataExt;

use naap_schema::{ENTITIES, entity};
use serde::Serialize;
use tokio::time::Instant;

use crate::admit::clean;
use crate::config::{Config, ConfigError};
use crate::fitness::Fitness;
use crate::metrics::Metrics;
use crate::pg::Pg;
use crate::store::StoreError;
use crate::tls::Certificates;
use crate::wal::{self, TableState};
use crate::{clock, limits, migrate, run, tokens};

/// What the doctor may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cure {
    /// Look only.
    Nothing,
    /// Resume this table or view, if it is suspended.
    One(String),
    /// Resume whatever is suspended.
    All,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Well.
    Ok,
    /// Was wrong, and is well now.
    Mended,
    /// Works, and should be looked at.
    Warning,
    /// Does not work.
    Wrong,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, for example `table host`.
    pub what: String,
    /// How it is.
    pub grade: Grade,
    /// How it is, in words.
    pub says: String,
    /// What to do; `None` if nothing.
    #[serde(rename = "do")]
    pub todo: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether nothing is wrong; warnings do not count.
    pub fn is_well(&self) -> bool {
        self.findings.iter().all(|f| f.grade != Grade::Wrong)
    }

    fn add(&mut self, what: impl Into<String>, grade: Grade, says: impl Into<String>) {
        self.push(what, grade, says, None);
    }

    fn wrong(&mut self, what: impl Into<String>, says: impl Into<String>, todo: impl Into<String>) {
        self.push(what, Grade::Wrong, says, Some(todo.into()));
    }

    fn push(
        &mut self,
        what: impl Into<String>,
        grade: Grade,
        says: impl Into<String>,
        todo: Option<String>,
    ) {
        self.findings.push(Finding { what: what.into(), grade, says: says.into(), todo });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            let grade = match finding.grade {
                Grade::Ok => "ok     ",
                Grade::Mended => "mended ",
                Grade::Warning => "warning",
                Grade::Wrong => "WRONG  ",
            };
            writeln!(f, "{grade} {}: {}", finding.what, finding.says)?;
            if let Some(todo) = &finding.todo {
                writeln!(f, "        do: {todo}")?;
            }
        }
        let wrong = self.findings.iter().filter(|f| f.grade == Grade::Wrong).count();
        match wrong {
            0 => writeln!(f, "all well"),
            n => writeln!(f, "{n} wrong"),
        }
    }
}

/// Looks at everything, and does what `cure` allows.
///
/// # Errors
/// If a file that the configuration names cannot be read. What is wrong with the store is in the
/// report.
pub async fn examine(config: &Config, cure: &Cure) -> Result<Report, ConfigError> {
    let mut report = Report::default();
    config.check_files()?;
    files(config, &mut report);
    let pg = run::pg(config)?;
    ingest(config, &mut report).await;
    if let Err(e) = pg.run("select 1", limits::PG_QUERY).await {
        report.wrong(
            "QuestDB",
            format!("does not answer on [questdb] pg ({e})"),
            "see that it runs, and that [questdb] pg, pg_user and pg_password_file are right",
        );
        return Ok(report);
    }
    report.add("QuestDB", Grade::Ok, "answers");
    commit_mode(&pg, &mut report).await;
    migrations(&pg, &mut report).await;
    if let Err(e) = stored(&pg, cure, &mut report).await {
        report.wrong("tables", format!("cannot be looked at ({e})"), "run this command again");
    }
    ledger(&pg, &mut report).await;
    Ok(report)
}

fn files(config: &Config, report: &mut Report) {
    let path = &config.tokens_file;
    let shown = path.display();
    let what = "tokens file";
    match (std::fs::metadata(path), tokens::list(path)) {
        (_, Err(e)) => {
            let why = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
            let todo = "mend the file, or take it back from a copy; until then a running collector \
                        keeps the tokens of before, and none starts";
            report.wrong(what, format!("{e}: {why}"), todo);
        }
        (Ok(meta), Ok(_)) if meta.mode() & 0o077 != 0 => report.wrong(
            what,
            format!("{shown} can be read or written by others (mode {:o})", meta.mode() & 0o777),
            format!("chmod 600 {shown}"),
        ),
        (_, Ok(all)) => {
            let in_force = all.iter().filter(|t| t.revoked_at.is_none()).count();
            if in_force == 0 {
                let todo = Some("naap-collector token add NODE --config FILE".to_owned());
                report.push(what, Grade::Warning, "no token is in force: nobody can send", todo);
            } else {
                report.add(what, Grade::Ok, format!("{in_force} tokens are in force"));
            }
        }
    }
    certificate(config, report);
}

fn certificate(config: &Config, report: &mut Report) {
    let Some(files) = &config.tls else { return };
    let what = "certificate";
    let shown = files.cert_file.display();
    let todo = format!(
        "write a valid certificate into {shown}, and its key into {}",
        files.key_file.display()
    );
    match Certificates::open(files, Metrics::new(Fitness::new())) {
        Err(e) => {
            let why = std::error::Error::source(&e).map(ToString::to_string).unwrap_or_default();
            report.wrong(what, format!("{e}: {why}"), todo);
        }
        Ok(certificates) => {
            let (now, validity) = (clock::now_us(), certificates.validity());
            match validity.and_then(|v| Some((v, v.wrong(now)?))) {
                Some((v, wrong)) if v.not_before_us > now || v.not_after_us <= now => {
                    report.wrong(what, format!("{shown} {wrong}: no agent connects"), todo);
                }
                Some((_, wrong)) => {
                    report.push(what, Grade::Warning, format!("{shown} {wrong}"), Some(todo));
                }
                None => {
                    let until = validity.map(|v| format!(" until {}", clock::text(v.not_after_us)));
                    let says = format!("{shown} is valid{}", until.unwrap_or_default());
                    report.add(what, Grade::Ok, says);
                }
            }
        }
    }
}

/// Whether rows could be sent: that the port is open.
async fn ingest(config: &Config, report: &mut Report) {
    let address = &config.questdb.http;
    let connect = tokio::net::TcpStream::connect((address.host.as_str(), address.port));
    let what = "QuestDB HTTP";
    match tokio::time::timeout(limits::PG_CONNECT, connect).await {
        Ok(Ok(_)) => report.add(what, Grade::Ok, "takes connections"),
        Ok(Err(e)) => report.wrong(
            what,
            format!("{}:{} takes no connections ({e})", address.host, address.port),
            "see that QuestDB runs, and that [questdb] http is right",
        ),
        Err(_) => report.wrong(
            what,
            format!("{}:{} does not answer", address.host, address.port),
            "see that no firewall is in between, and that [questdb] http is right",
        ),
    }
}

async fn commit_mode(pg: &Pg, report: &mut Report) {
    let what = "commit mode";
    match wal::commit_mode(pg).await.ok().flatten().as_deref() {
        Some("sync") => {
            report.add(what, Grade::Ok, "sync: what is acknowledged survives a power cut")
        }
        other => report.wrong(
            what,
            format!(
                "{}: a power cut can lose rows that were acknowledged",
                clean(other.unwrap_or("unknown"))
            ),
            "set cairo.commit.mode=sync in QuestDB's server.conf, and start it again",
        ),
    }
}

async fn migrations(pg: &Pg, report: &mut Report) {
    let what = "migrations";
    match migrate::missing(pg).await {
        Ok(missing) if missing.is_empty() => report.add(what, Grade::Ok, "all are applied"),
        Ok(missing) => report.wrong(
            what,
            format!("{missing:?} are not applied"),
            "naap-collector migrate --config FILE",
        ),
        Err(e) => {
            report.wrong(
                what,
                e.to_string(),
                "use the collector of the version that was here last",
            );
        }
    }
}

/// Tables and views.
async fn stored(pg: &Pg, cure: &Cure, report: &mut Report) -> Result<(), StoreError> {
    if let Cure::One(name) = cure
        && entity(name).is_none()
        && !wal::views().contains(&name.as_str())
    {
        let name = clean(name);
        let todo = "docs/catalogue.md lists tables and views";
        report.wrong("--resume", format!("{name:?} is no table or view of this project"), todo);
    }
    let before = wal::look(pg).await?;
    // Whether something that waits moves on is seen only at a second look.
    let behind = |s: &TableState| !s.suspended && s.applied < s.committed;
    let after = if before.iter().any(behind) {
        tokio::time::sleep(limits::GUARD_POLL * 5).await;
        wal::look(pg).await?
    } else {
        before.clone()
    };
    let (mut well, mut all) = (0, 0);
    for (kind, name) in ENTITIES
        .iter()
        .map(|e| ("table", e.name))
        .chain(wal::views().into_iter().map(|v| ("view", v)))
    {
        all += 1;
        let what = format!("{kind} {name}");
        let then = before.iter().find(|s| s.name == name);
        match after.iter().find(|s| s.name == name) {
            None => {
                report.wrong(what, "is missing", "naap-collector migrate --config FILE");
            }
            Some(state) if state.suspended => {
                let may = *cure == Cure::All || *cure == Cure::One(name.to_owned());
                if may {
                    resume(pg, kind, state, report).await;
                } else {
                    report_suspended(kind, state, report);
                }
            }
            Some(state) if behind(state) && then.is_some_and(|t| t.applied == state.applied) => {
                report.wrong(
                    what,
                    format!("does not move: {} transactions wait", state.committed - state.applied),
                    "see that QuestDB has CPU and disk to spare; if it does not move for minutes, \
                     start it again: nothing is lost by that",
                );
            }
            Some(_) => well += 1,
        }
    }
    for invalid in wal::invalid(pg).await? {
        let view = &invalid.view;
        report.wrong(
            format!("view {view}"),
            format!("is invalid ({}): it shows old figures", clean(&invalid.reason)),
            format!(
                "nobody may do this but you: `REFRESH MATERIALIZED VIEW {view} FULL` computes it \
                 anew and loses what is older than its base keeps; copy what you need of {view} \
                 into another table before"
            ),
        );
    }
    report.add("tables and views", Grade::Ok, format!("{well} of {all} are well"));
    Ok(())
}

fn report_suspended(kind: &str, state: &TableState, report: &mut Report) {
    let name = &state.name;
    let (says, todo) = if kind == "table" {
        (
            "QuestDB takes its rows and does not show them, so nothing is acknowledged; no row is \
             lost",
            format!(
                "mend the cause (often a full disk: see `df`), then run `naap-collector doctor \
                 --resume {name} --config FILE`"
            ),
        )
    } else {
        (
            "it is not computed; a running collector resumes it within seconds",
            format!("if it stays so, run `naap-collector doctor --resume {name} --config FILE`"),
        )
    };
    let says = format!("is suspended ({}): {says}", clean(&state.error));
    report.wrong(format!("{kind} {name}"), says, todo);
}

/// Sets a table or view going again, and waits until it is.
async fn resume(pg: &Pg, kind: &str, state: &TableState, report: &mut Report) {
    let what = format!("{kind} {}", state.name);
    let start = Instant::now();
    let done = if kind == "table" {
        let sql = format!("alter table {} resume wal", state.name);
        match pg.run(&sql, limits::PG_QUERY).await {
            Ok(_) => applied(pg, &state.name, state.committed).await,
            Err(e) => Err(e),
        }
    } else {
        resume_view(pg, state).await
    };
    let waited = start.elapsed().as_secs_f64();
    match done {
        Ok(None) => {
            let says = format!("was suspended, is resumed and up to date after {waited:.1} s");
            report.add(what, Grade::Mended, says);
        }
        Ok(Some(still)) => {
            let todo = "mend the cause (disk, memory, QuestDB's log), then run this command again; \
                        no row is lost";
            report.wrong(what, format!("was resumed, and {still}"), todo);
        }
        Err(e) => {
            report.wrong(what, format!("cannot be resumed ({e})"), "run this command again");
        }
    }
}

/// The same healing as the guard's.
async fn resume_view(pg: &Pg, state: &TableState) -> Result<Option<String>, StoreError> {
    wal::resume_view(pg, &state.name, &state.error).await?;
    let still = applied(pg, &state.name, 0).await?;
    if still.is_none() && wal::heal_view(pg, &state.name).await?.is_none() {
        return Ok(Some("its base is behind: what it lost is not computed anew yet".to_owned()));
    }
    Ok(still)
}

/// Waits until everything up to `committed` is applied; says so if it does not come to that.
async fn applied(pg: &Pg, name: &str, committed: i64) -> Result<Option<String>, StoreError> {
    let end = Instant::now() + limits::DOCTOR_WAIT;
    loop {
        let state = wal::look(pg).await?.into_iter().find(|s| s.name == name);
        match state {
            None => return Ok(Some("is missing".to_owned())),
            Some(s) if s.suspended => {
                return Ok(Some(format!("is suspended again ({})", clean(&s.error))));
            }
            Some(s) if s.applied >= committed => return Ok(None),
            Some(s) if Instant::now() >= end => {
                return Ok(Some(format!(
                    "has {} transactions to go after {} s",
                    committed - s.applied,
                    limits::DOCTOR_WAIT.as_secs()
                )));
            }
            Some(_) => tokio::time::sleep(limits::RETRY.0).await,
        }
    }
}

async fn ledger(pg: &Pg, report: &mut Report) {
    let sql = "select count_distinct(node), count() from ledger";
    match pg.run(sql, limits::PG_QUERY).await {
        Ok(rows) => {
            let cell = |i: usize| rows.first().and_then(|r| r.get(i)?.clone()).unwrap_or_default();
            let says = format!("can be read: {} nodes, {} epochs", cell(0), cell(1));
            report.add("ledger", Grade::Ok, says);
        }
        Err(e) => report.wrong(
            "ledger",
            format!("cannot be read ({e}), so no agent is told how far it is stored"),
            "see what is said of table ledger above; QuestDB's log says more",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_what_to_do_in_words_and_as_json() {
        let mut report = Report::default();
        report.add("QuestDB", Grade::Ok, "answers");
        assert!(report.is_well() && report.to_string().ends_with("all well\n"));
        let state = TableState {
            name: "host".to_owned(),
            suspended: true,
            applied: 1,
            committed: 2,
            error: "[28] No space left\u{1b}[2J".to_owned(),
        };
        report_suspended("table", &state, &mut report);
        assert!(!report.is_well());
        let text = report.to_string();
        assert!(text.contains("WRONG   table host: is suspended ([28] No space left"), "{text}");
        assert!(text.contains("do: mend the cause") && text.contains("--resume host"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["findings"][1]["grade"], "wrong");
        assert!(json["findings"][1]["do"].as_str().unwrap().contains("--resume"));
    }

    #[tokio::test]
    async fn without_a_database_it_says_so_and_still_looks_at_the_files() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("collector.toml");
        let text = "listen = '127.0.0.1:0'\ntokens_file = 't.toml'\n[questdb]\n\
                    http = '127.0.0.1:1'\npg = '127.0.0.1:1'\npg_user = 'u'\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path).unwrap();
        let grades = async || {
            let report = examine(&config, &Cure::All).await.unwrap();
            let grade = |f: &Finding| (f.what.clone(), f.grade);
            report.findings.iter().map(grade).collect::<Vec<_>>()
        };
        let silent =
            [("QuestDB HTTP".to_owned(), Grade::Wrong), ("QuestDB".to_owned(), Grade::Wrong)];
        let first = grades().await;
        assert_eq!(first[0], ("tokens file".to_owned(), Grade::Warning));
        assert_eq!(first[1..], silent);
        tokens::add(&config.tokens_file, "a", false).unwrap();
        assert_eq!(grades().await[0].1, Grade::Ok);
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&config.tokens_file, open).unwrap();
        assert_eq!(grades().await[0].1, Grade::Wrong);
    }
}
