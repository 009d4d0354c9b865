use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::*;

/// A running agent, its configuration, and the port where it says how it is.
struct Scene {
    dir: tempfile::TempDir,
    port: u16,
    reload: mpsc::Sender<()>,
    stop: oneshot::Sender<()>,
    run: JoinHandle<Result<(), RunError>>,
}

impl Scene {
    async fn start(more: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let file = dir.path().join("agent.toml");
        let (reload, asked) = mpsc::channel(1);
        write(dir.path(), port, more);
        let beside = Beside {
            reload: Some(Reload { file: file.clone(), asked }),
            notify: Notify::default(),
        };
        let (stop, stopped) = oneshot::channel();
        let config = Config::read(&file).unwrap();
        let run = tokio::spawn(run(config, beside, async {
            stopped.await.ok();
        }));
        Self { dir, port, reload, stop, run }
    }

    async fn change(&self, more: &str) {
        write(self.dir.path(), self.port, more);
        self.reload.send(()).await.unwrap();
    }

    /// Waits until the page at `path` holds all of these, and gives it.
    async fn shows(&self, path: &str, words: &[&str]) -> String {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let within = Duration::from_secs(2);
            let page = crate::get::here(self.port, path, within).await;
            let page = page
                .map_or_else(String::new, |(_, body)| String::from_utf8(body.to_vec()).unwrap());
            if words.iter().all(|w| page.contains(w)) {
                return page;
            }
            assert!(Instant::now() < end, "{path} never showed {words:?}, but\n{page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.run.await.unwrap().unwrap();
    }
}

fn write(dir: &Path, port: u16, more: &str) {
    let text = format!(
        "kind = \"host\"\n{more}\n[collector]\naddress = \"http://127.0.0.1:9\"\n\
         [spool]\ndir = \"spool\"\n[self]\nlisten = \"127.0.0.1:{port}\"\n"
    );
    std::fs::write(dir.join("agent.toml"), text).unwrap();
    std::fs::write(dir.join("token"), "t").unwrap();
}

const NODE: &str =
    "[[livepeer]]\nname = \"gone\"\nurl = \"http://127.0.0.1:9\"\ninterval = \"500ms\"";

#[tokio::test]
async fn a_changed_configuration_is_taken_up_and_a_wrong_one_is_not() {
    let scene = Scene::start("[host]\ninterval = \"500ms\"").await;
    scene.shows("/metrics", &["source_reads_total{source=\"host\"} 2"]).await;
    scene.change(&format!("[host]\ninterval = \"500ms\"\n{NODE}")).await;
    let gone = "source_failures_total{source=\"gone\",kind=\"connect\"} 2";
    let page = scene.shows("/metrics", &[gone, "reloads_total{outcome=\"taken\"} 1"]).await;
    assert!(page.contains("connects_total 0"), "{page}");

    scene.change("[hots]\ninterval = \"1s\"").await;
    scene.shows("/metrics", &["reloads_total{outcome=\"refused\"} 1"]).await;
    let health = scene.shows("/healthz", &["not in force", "did you mean `host`?"]).await;
    assert!(health.contains("cannot connect"), "{health}");
    let before = scene.shows("/metrics", &["{source=\"gone\""]).await;
    let reads = |page: &str| {
        let line = page.lines().find(|l| l.contains("source_reads_total{source=\"host\"}"));
        line.unwrap().rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let more = format!("source_reads_total{{source=\"host\"}} {}", reads(&before) + 2);
    scene.shows("/metrics", &[&more]).await;

    scene.change("region = \"eu-west\"\n[host]\ninterval = \"500ms\"").await;
    scene.shows("/metrics", &["reloads_total{outcome=\"taken\"} 2"]).await;
    let health = scene.shows("/healthz", &["\"warnings\":[]"]).await;
    assert!(health.contains("\"ok\":false"), "nobody acknowledges: {health}");
    scene.end().await;
}
