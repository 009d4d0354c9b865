//! Apache Kafka, one node, from its jars: for tests of what reads from a broker.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::process::{Child, Command};

use crate::eventually;

/// The user of the listeners with a login, and the password.
pub const LOGIN: (&str, &str) = ("agent", "the password");

/// A broker; it ends when this is dropped.
#[derive(Debug)]
pub struct Broker {
    /// `HOST:PORT` for everybody.
    pub plain: String,
    /// `HOST:PORT` for users of PLAIN and SCRAM.
    pub sasl: String,
    /// The same under TLS.
    pub sasl_tls: String,
    /// Who vouches for that.
    pub authority: PathBuf,
    jars: PathBuf,
    dir: PathBuf,
    running: Option<Child>,
}

impl Broker {
    /// Makes one in a folder and starts it.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn start(jars: &Path, dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let mut ports = Vec::new();
        for _ in 0..4 {
            ports.push(tokio::net::TcpListener::bind("127.0.0.1:0").await?);
        }
        let ports: Vec<u16> =
            ports.iter().map(|p| Ok(p.local_addr()?.port())).collect::<Result<_>>()?;
        let [plain, sasl, tls, controller] = ports[..] else { anyhow::bail!("four ports") };
        let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
        let authority = dir.join("ca.pem");
        std::fs::write(&authority, key.cert.pem())?;
        let both = format!("{}{}", key.signing_key.serialize_pem(), key.cert.pem());
        std::fs::write(dir.join("broker.pem"), both)?;
        let (user, password) = LOGIN;
        let security = "org.apache.kafka.common.security";
        let mut properties = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             controller.quorum.voters=1@127.0.0.1:{controller}\n\
             listeners=PLAINTEXT://127.0.0.1:{plain},SASL_PLAINTEXT://127.0.0.1:{sasl},\
             SASL_SSL://127.0.0.1:{tls},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{plain},\
             SASL_PLAINTEXT://127.0.0.1:{sasl},SASL_SSL://localhost:{tls}\n\
             listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,\
             SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
             controller.listener.names=CONTROLLER\n\
             sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512\n\
             ssl.keystore.type=PEM\nssl.keystore.location={}\n\
             log.dirs={}\nnum.partitions=3\nauto.create.topics.enable=true\n\
             offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n\
             transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n\
             group.initial.rebalance.delay.ms=0\n",
            dir.join("broker.pem").display(),
            dir.join("data").display(),
        );
        for listener in ["sasl_plaintext", "sasl_ssl"] {
            properties += &format!(
                "listener.name.{listener}.plain.sasl.jaas.config={security}.plain.PlainLoginModule \
                 required username=\"{user}\" password=\"{password}\" user_{user}=\"{password}\";\n"
            );
            for mechanism in ["scram-sha-256", "scram-sha-512"] {
                properties += &format!(
                    "listener.name.{listener}.{mechanism}.sasl.jaas.config=\
                     {security}.scram.ScramLoginModule required;\n"
                );
            }
        }
        std::fs::write(dir.join("server.properties"), properties)?;
        let mut broker = Self {
            plain: format!("127.0.0.1:{plain}"),
            sasl: format!("127.0.0.1:{sasl}"),
            sasl_tls: format!("localhost:{tls}"),
            authority,
            jars: jars.to_owned(),
            dir: dir.to_owned(),
            running: None,
        };
        let mut format = broker.java("kafka.tools.StorageTool");
        format.args(["format", "--ignore-formatted", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c"]);
        format.arg(broker.dir.join("server.properties"));
        for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
            let user = format!("{mechanism}=[name={user},password={password}]");
            format.args(["--add-scram", &user]);
        }
        let out = format.output().await.context("java")?;
        ensure!(out.status.success(), "format: {}", String::from_utf8_lossy(&out.stderr));
        broker.launch().await?;
        Ok(broker)
    }

    fn java(&self, class: &str) -> Command {
        let mut command = Command::new("java");
        command
            .args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp"])
            .arg(self.jars.join("*"))
            .arg(class)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Starts it and waits until it can be connected to.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn launch(&mut self) -> Result<()> {
        let log = self.dir.join("broker.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut command = self.java("kafka.Kafka");
        command.arg(self.dir.join("server.properties"));
        self.running = Some(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        eventually("the broker", Duration::from_secs(90), || async {
            Ok(tokio::net::TcpStream::connect(&self.plain).await?)
        })
        .await
        .with_context(|| {
            std::fs::read_to_string(self.dir.join("broker.log")).unwrap_or_default()
        })?;
        Ok(())
    }

    /// SIGKILL; comes back when it is gone.
    ///
    /// # Errors
    /// If it did not run.
    pub async fn kill(&mut self) -> Result<()> {
        self.running.take().context("the broker runs")?.kill().await?;
        Ok(())
    }
}
