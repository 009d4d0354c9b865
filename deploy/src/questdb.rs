//! QuestDB as a child: its pinned jar, its configuration, its command line. Touches
//! `questdb/`, `secrets/` and its log in the data folder, loopback ports, and Maven once; never
//! speaks SQL.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio::process::Command;
use tokio::time::Instant;
use tracing::info;

use crate::error::{Error, Result};
use crate::folder::{Folder, remove, write_private};
use crate::java::{self, Java};
use crate::state::{Board, Ports, State};
use crate::supervise::{self, Running, Spec};
use crate::{http, limits, logs, ports, process};

/// The version that everything here is made for and tested with.
pub const VERSION: &str = "9.3.4";
const POM: &str = include_str!("../questdb/pom.xml");
const PINNED: &str = include_str!("../questdb/questdb.sha256");

/// The user that owns the database.
pub const USER: &str = "naap";
/// The user that can only read, over PostgreSQL wire.
pub const READ_USER: &str = "naap_read";

/// The names of the passwords in `secrets/`.
pub(crate) const HTTP_PASSWORD: &str = "questdb-http";
pub(crate) const PG_PASSWORD: &str = "questdb-pg";
pub(crate) const PG_READ_PASSWORD: &str = "questdb-pg-readonly";

/// The checksum and the name of the pinned jar.
fn pinned() -> (&'static str, &'static str) {
    PINNED.trim().split_once("  ").unwrap_or((PINNED, "questdb.jar"))
}

/// Gives the path of the pinned jar in the data folder: the one that is there, else `brought`, else
/// one that Maven downloads. Each is checked against the pinned checksum.
///
/// # Errors
/// If there is none, or it is another one.
pub async fn ensure_jar(folder: &Folder, brought: Option<&Path>) -> Result<PathBuf> {
    let (_, name) = pinned();
    let jar = folder.questdb(name);
    if jar.exists() {
        check(&jar, "delete it and start again; it will be got anew")?;
        return Ok(jar);
    }
    let part = folder.questdb("download");
    remove(&part)?;
    fs::create_dir_all(&part).map_err(Error::file("make the folder", &part))?;
    let fresh = part.join(name);
    match brought {
        Some(file) => {
            check(file, "name another file with --questdb-jar")?;
            fs::copy(file, &fresh).map_err(Error::file("copy", file))?;
        }
        None => download(&part, &fresh).await?,
    }
    if let Err(e) = check(&fresh, "a broken download; it was removed, start again") {
        remove(&part)?;
        return Err(e);
    }
    let synced =
        File::open(&fresh).and_then(|f| f.sync_all()).and_then(|()| fs::rename(&fresh, &jar));
    synced.map_err(Error::file("write", &jar))?;
    remove(&part)?;
    Ok(jar)
}

async fn download(into: &Path, jar: &Path) -> Result<()> {
    let pom = into.join("pom.xml");
    fs::write(&pom, POM).map_err(Error::file("write", &pom))?;
    info!("downloading QuestDB {VERSION} (30 MB) with Maven; this is done once");
    let mut command = Command::new("mvn");
    command
        .args(["-q", "-B", "-f"])
        .arg(&pom)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", into.display()))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let began = Instant::now();
    let mut output =
        std::pin::pin!(tokio::time::timeout(limits::DOWNLOAD_WITHIN, command.output()));
    let output = loop {
        tokio::select! {
            output = &mut output => break output,
            () = tokio::time::sleep(limits::PROGRESS_EVERY) => {
                info!("still downloading QuestDB ({} s)", began.elapsed().as_secs());
            }
        }
    };
    let failed = |why: String, tail: String| Error::Download { why, tail };
    let limit = limits::DOWNLOAD_WITHIN.as_secs();
    let output = match output {
        Err(_) => return Err(failed(format!("it took longer than {limit} s"), String::new())),
        Ok(Err(e)) if e.kind() == std::io::ErrorKind::NotFound => return Err(Error::NoMaven),
        Ok(Err(e)) => return Err(failed(e.to_string(), String::new())),
        Ok(Ok(output)) => output,
    };
    let said = [output.stdout, output.stderr].concat();
    let tail = logs::last_lines(&String::from_utf8_lossy(&said));
    if !output.status.success() {
        return Err(failed(process::how(output.status), tail));
    }
    if !jar.is_file() {
        return Err(failed("it brought no jar".into(), tail));
    }
    info!("QuestDB {VERSION} is here ({} s)", began.elapsed().as_secs());
    Ok(())
}

/// Checks a jar against the pinned checksum.
fn check(jar: &Path, advice: &'static str) -> Result<()> {
    let (expected, _) = pinned();
    let found = sha256(jar).map_err(Error::file("read", jar))?;
    if found == expected {
        return Ok(());
    }
    Err(Error::WrongJar { path: jar.to_owned(), found, expected: expected.to_owned(), advice })
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(buffer.get(..n).unwrap_or_default()),
        }
    }
}

/// What `conf/server.conf` says. Secrets are not in it: QuestDB reads them from their files.
fn server_conf(ports: Ports) -> String {
    let Ports { http, min, pg } = ports;
    format!(
        "# Written by `naap up` at each start; changes here are lost.\n\
         config.validation.strict=true\n\
         telemetry.enabled=false\n\
         http.bind.to={http}\n\
         http.user={USER}\n\
         http.net.connection.limit=64\n\
         http.min.net.bind.to={min}\n\
         http.health.check.authentication.required=false\n\
         metrics.enabled=true\n\
         pg.net.bind.to={pg}\n\
         pg.net.connection.limit=64\n\
         pg.user={USER}\n\
         pg.readonly.user.enabled=true\n\
         pg.readonly.user={READ_USER}\n\
         line.tcp.enabled=false\n\
         line.udp.enabled=false\n\
         line.auto.create.new.tables=false\n\
         line.auto.create.new.columns=false\n\
         # An acknowledged row must survive a power cut.\n\
         cairo.commit.mode=sync\n\
         # By default each open column takes 16 MB of disk, and there are thousands.\n\
         cairo.writer.data.append.page.size=256K\n\
         cairo.writer.data.index.value.append.page.size=256K\n\
         cairo.o3.column.memory.size=256K\n"
    )
}

/// What `conf/log.conf` says: small rolling files, and errors to the log of the part.
const LOG_CONF: &str = "writers=file,stdout\n\
    w.file.class=io.questdb.log.LogRollingFileWriter\n\
    w.file.location=${log.dir}/questdb.log.${date:yyyyMMdd}\n\
    w.file.level=INFO,ERROR,CRITICAL\n\
    w.file.rollEvery=day\n\
    w.file.rollSize=8m\n\
    w.file.lifeDuration=7d\n\
    w.file.sizeLimit=64m\n\
    w.stdout.class=io.questdb.log.LogConsoleWriter\n\
    w.stdout.level=ERROR,CRITICAL\n";

/// How to run QuestDB in a data folder; writes its configuration and, once, its passwords.
/// With `guard`, that program stands between and ends QuestDB when this process dies.
pub(crate) fn spec(
    folder: &Folder,
    java: &Java,
    jar: &Path,
    ports: Ports,
    guard: Option<&Path>,
) -> Result<Spec> {
    let root = folder.questdb("root");
    let conf = root.join("conf");
    fs::create_dir_all(&conf).map_err(Error::file("make the folder", &conf))?;
    write_private(&conf.join("server.conf"), server_conf(ports).as_bytes())?;
    write_private(&conf.join("log.conf"), LOG_CONF.as_bytes())?;
    let temporary = folder.questdb("tmp");
    let mut args = java_args(folder, jar, &root, &temporary);
    let pid_file = folder.run("questdb.pid");
    let (program, pid_file) = match guard {
        None => (java.program.clone(), None),
        Some(guard) => {
            let before =
                ["guard".into(), "--pid-file".into(), pid_file.clone().into(), "--".into()];
            let java = java.program.clone().into_os_string();
            args = before.into_iter().chain([java]).chain(args).collect();
            (guard.to_owned(), Some(pid_file))
        }
    };
    // A power cut soon after the first start can tear `public/`, which then stops every start;
    // QuestDB unpacks it anew. Native libraries of a killed one would pile up in `tmp/`.
    let mut stale = vec![root.join("public"), temporary.clone()];
    stale.extend(pid_file.clone());
    Ok(Spec {
        name: "questdb",
        program,
        args,
        env: Some(environment(folder)?),
        folder: folder.questdb(""),
        log: folder.log("questdb"),
        remove: stale,
        make: vec![temporary],
        pid_file,
        may_finish: false,
        stop_within: limits::QUESTDB_STOP_WITHIN,
    })
}

fn java_args(folder: &Folder, jar: &Path, root: &Path, temporary: &Path) -> Vec<OsString> {
    let with = |option: &str, path: &Path| {
        let mut option = OsString::from(option);
        option.push(path);
        option
    };
    let mut args: Vec<OsString> = vec![
        "-Dcontainerized=false".into(),
        with("-Djava.io.tmpdir=", temporary),
        with("-XX:ErrorFile=", &folder.root().join("logs/questdb-crash.log")),
        "-Dnoebug".into(),
        "-ea".into(),
        "-XX:+UseParallelGC".into(),
        "-XX:+ExitOnOutOfMemoryError".into(),
        "-Xmx512m".into(),
    ];
    for opened in ["java.lang", "java.lang.reflect", "java.nio", "java.time.zone"] {
        args.push(format!("--add-opens=java.base/{opened}=io.questdb").into());
    }
    args.extend(["-p".into(), jar.into()]);
    args.extend(["-m".into(), "io.questdb/io.questdb.ServerMain".into()]);
    args.extend(["-d".into(), root.into(), "-n".into()]);
    args
}

/// The variables that QuestDB sees. Those of this process are left out: any `QDB_...` among them
/// would beat the configuration.
fn environment(folder: &Folder) -> Result<Vec<(String, OsString)>> {
    let mut env = Vec::new();
    for name in ["PATH", "HOME", "LANG", "LC_ALL"] {
        env.extend(std::env::var_os(name).map(|value| (name.to_owned(), value)));
    }
    let secrets = [
        ("QDB_HTTP_PASSWORD_FILE", HTTP_PASSWORD),
        ("QDB_PG_PASSWORD_FILE", PG_PASSWORD),
        ("QDB_PG_READONLY_PASSWORD_FILE", PG_READ_PASSWORD),
    ];
    for (variable, name) in secrets {
        env.push((variable.to_owned(), folder.password(name)?.into()));
    }
    Ok(env)
}

/// Whether QuestDB takes requests. The health port answers before the main one does, so it is not
/// asked.
pub(crate) async fn answers(ports: Ports) -> Result<(), String> {
    let (status, _) = http::get(ports.http, "/ping").await?;
    if status != ::http::StatusCode::NO_CONTENT {
        return Err(format!("/ping answers {status}"));
    }
    let pg = tokio::net::TcpStream::connect(ports.pg).await;
    pg.map(drop).map_err(|e| format!("{}: {e}", ports.pg))
}

/// A QuestDB alone, without the rest of the stack: for tests of other parts.
#[derive(Debug)]
pub struct Server {
    running: Running,
    ports: Ports,
}

impl Server {
    /// Starts QuestDB in a data folder and waits until it answers.
    ///
    /// # Errors
    /// If there is no Java, or QuestDB does not get ready.
    pub async fn start(folder: &Folder, jar: &Path) -> Result<Self> {
        let java = java::find().await?;
        let ports = ports::for_questdb(&[])?;
        let spec = spec(folder, &java, jar, ports, None)?;
        let state = State {
            pid: i32::try_from(std::process::id()).unwrap_or(-1),
            answered: false,
            url: String::new(),
            listen: ports.http,
            grpc: ports.http,
            questdb: ports,
            parts: Vec::new(),
        };
        let board = Arc::new(Board::new(folder, state)?);
        let mut running = supervise::start(spec, board);
        let ready =
            running.ready(limits::QUESTDB_READY_WITHIN, async || answers(ports).await).await;
        if let Err(e) = ready {
            running.kill();
            running.stopped().await;
            return Err(e);
        }
        Ok(Self { running, ports })
    }

    /// Where it listens.
    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// Waits until it answers, for example after it was killed.
    ///
    /// # Errors
    /// A sentence that says why not, if it does not get ready in time.
    pub async fn ready_again(&self) -> Result<(), String> {
        let end = Instant::now() + limits::QUESTDB_READY_WITHIN;
        loop {
            match answers(self.ports).await {
                Err(last) if Instant::now() >= end => return Err(last),
                Err(_) => tokio::time::sleep(limits::ASK_EVERY).await,
                Ok(()) => return Ok(()),
            }
        }
    }

    /// Stops it.
    pub async fn stop(mut self) {
        self.running.tell_stop();
        self.running.stopped().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_pom_and_checksum_are_of_one_release() {
        let (sum, name) = pinned();
        assert_eq!(name, format!("questdb-{VERSION}.jar"));
        assert_eq!(sum.len(), 64);
        assert!(POM.contains(&format!("<version>{VERSION}</version>")), "{POM}");
        assert!(!POM.contains("SNAPSHOT") && !POM.contains("LATEST"));
    }

    #[test]
    fn a_checksum_is_that_of_sha256() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("x");
        fs::write(&file, "abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&file).unwrap(), known);
    }

    #[tokio::test]
    async fn another_jar_is_refused_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let (_, name) = pinned();
        let jar = folder.questdb(name);
        fs::write(&jar, "not a jar").unwrap();
        let error = ensure_jar(&folder, None).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, Error::WrongJar { .. }), "{text}");
        assert!(text.contains(jar.to_str().unwrap()) && text.contains("delete it"), "{text}");
        assert!(jar.exists());
    }

    #[tokio::test]
    async fn a_brought_jar_is_checked_before_it_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("data")).unwrap();
        let brought = dir.path().join("mine.jar");
        let missing = ensure_jar(&folder, Some(&brought)).await.unwrap_err();
        assert!(matches!(missing, Error::File { .. }), "{missing}");
        fs::write(&brought, "torn").unwrap();
        let error = ensure_jar(&folder, Some(&brought)).await.unwrap_err();
        assert!(error.to_string().contains("--questdb-jar"), "{error}");
        assert!(brought.exists());
        assert!(!folder.questdb(pinned().1).exists());
    }

    #[test]
    fn the_configuration_is_locked_down_and_holds_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(dir.path()).unwrap();
        let java = Java { program: "/usr/bin/java".into(), major: 17 };
        let ports = ports::for_questdb(&[]).unwrap();
        let spec =
            spec(&folder, &java, Path::new("/q.jar"), ports, Some(Path::new("/naap"))).unwrap();
        let conf = fs::read_to_string(folder.questdb("root/conf/server.conf")).unwrap();
        for line in [
            "telemetry.enabled=false",
            "cairo.commit.mode=sync",
            "config.validation.strict=true",
            "line.auto.create.new.tables=false",
            "line.tcp.enabled=false",
            "pg.readonly.user.enabled=true",
            &format!("pg.net.bind.to={}", ports.pg),
        ] {
            assert!(conf.lines().any(|l| l == line), "{line} is not in\n{conf}");
        }
        assert!(!conf.contains("0.0.0.0"));
        let env = spec.env.unwrap();
        let mut all = conf + &format!("{:?}", spec.args);
        all.push_str(&format!("{env:?}"));
        for name in [HTTP_PASSWORD, PG_PASSWORD, PG_READ_PASSWORD] {
            let path = folder.password(name).unwrap();
            assert!(env.iter().any(|(_, value)| value == path.as_os_str()), "{name}");
            assert!(!all.contains(&fs::read_to_string(path).unwrap()), "{name} is given away");
        }
        assert!(spec.remove.contains(&folder.questdb("root/public")));
        assert_eq!(spec.args.first().unwrap(), "guard");
        assert_eq!(&spec.args[4], "/usr/bin/java");
    }
}
