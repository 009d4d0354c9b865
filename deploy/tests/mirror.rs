//! `naap mirror` against servers that are played here: one that is as it should be, and those that
//! are not. No stack, no network beyond loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

/// Paths and what they give; `None` for a redirect to another host.
type Pages = HashMap<String, Option<Vec<u8>>>;

/// A server; keeps the first line and the range of each request.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(pages: Pages) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        // It ends with the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().take(1000) {
                // A client that goes away in the middle is its own affair.
                answer(&stream.unwrap(), &pages, &log).ok();
            }
        });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn answer(stream: &TcpStream, pages: &Pages, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap()?;
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let (mut from, mut tag) = (0, String::new());
    for line in lines {
        let line = line?.to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap();
        }
        if let Some(known) = line.strip_prefix("if-none-match: ") {
            tag = known.trim_matches('"').to_owned();
        }
    }
    log.lock().unwrap().push(format!("{path} from {from}"));
    let mut to = stream;
    let (head, body) = match pages.get(&path) {
        None => ("404 Not Found".to_owned(), &[][..]),
        Some(None) => ("302 Found\r\nLocation: http://elsewhere.example/".to_owned(), &[][..]),
        Some(Some(all)) if tag == hex::encode(Sha256::digest(all)) => {
            ("304 Not Modified".to_owned(), &[][..])
        }
        Some(Some(all)) if from > 0 => {
            let (last, total) = (all.len() - 1, all.len());
            (format!("206 Partial\r\nContent-Range: bytes {from}-{last}/{total}"), &all[from..])
        }
        Some(Some(all)) => ("200 OK".to_owned(), &all[..]),
    };
    let length = body.len();
    write!(to, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    to.write_all(body)
}

const SUBJECT: &str = "sessions";

/// A published day, as a manifest has it.
fn entry(day: &str, revision: u32, content: &[u8]) -> (String, String) {
    let hash = hex::encode(Sha256::digest(content));
    let (start, _) = hash.split_at(16);
    let file = format!("{SUBJECT}-{day}-r{revision}-{start}.parquet");
    let bytes = content.len();
    let entry = format!(
        "{{\"day\":\"{day}\",\"revision\":{revision},\"file\":\"{file}\",\"sha256\":\"{hash}\",\"bytes\":{bytes}}}"
    );
    (file, entry)
}

fn at(path: &str) -> String {
    format!("/v1/datasets{path}")
}

/// The pages of a server with these days of one subject.
fn pages(days: &[(&str, u32, &[u8])]) -> Pages {
    let mut pages = Pages::new();
    let list = format!(
        "{{\"subjects\":[{{\"subject\":\"{SUBJECT}\",\"days\":{}}},{{\"subject\":\"jobs\",\"days\":0}}]}}",
        days.len()
    );
    pages.insert(at(""), Some(list.into_bytes()));
    let mut entries = Vec::new();
    for (day, revision, content) in days {
        let (file, entry) = entry(day, *revision, content);
        pages.insert(at(&format!("/{SUBJECT}/{file}")), Some(content.to_vec()));
        entries.push(entry);
    }
    pages.insert(at(&format!("/{SUBJECT}/manifest.json")), Some(manifest(&entries.join(","))));
    pages
}

fn manifest(entries: &str) -> Vec<u8> {
    format!("{{\"format\":\"naap-dataset/1\",\"subject\":\"{SUBJECT}\",\"days\":[{entries}]}}")
        .into_bytes()
}

fn mirror(url: &str, to: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naap"));
    command.args(["mirror", "--from", url, "--to"]).arg(to).args(args).env_clear();
    command.stdin(Stdio::null()).output().unwrap()
}

/// Runs it, and gives what it printed; it must end well.
fn mirrored(url: &str, to: &Path, args: &[&str]) -> String {
    let out = mirror(url, to, args);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}");
    String::from_utf8(out.stdout).unwrap()
}

/// Runs it; it must end with this code. Gives what it said.
fn fails(url: &str, to: &Path, args: &[&str], code: i32) -> String {
    let out = mirror(url, to, args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{said}");
    assert!(out.stdout.is_empty());
    said
}

#[test]
fn a_mirror_is_complete_and_the_second_run_transfers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let days: [(&str, u32, &[u8]); 2] = [("2026-05-01", 1, b"one"), ("2026-05-02", 1, b"second")];
    let server = Server::start(pages(&days));
    let said = mirrored(&server.url, dir.path(), &[]);
    assert!(said.starts_with("2 files, 9 bytes transferred"), "{said}");
    let (file, _) = entry("2026-05-02", 1, b"second");
    assert_eq!(fs::read(dir.path().join(SUBJECT).join(&file)).unwrap(), b"second");
    server.asked();
    let said = mirrored(&server.url, dir.path(), &[]);
    assert!(said.starts_with("0 files, 0 bytes transferred"), "{said}");
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "the list and a manifest that is as it was: {asked:?}");

    // The manifest is known, and a file is missing all the same.
    fs::remove_file(dir.path().join(SUBJECT).join(&file)).unwrap();
    let json = mirrored(&server.url, dir.path(), &["--json"]);
    assert!(json.contains("\"files\":1") && json.contains("\"there\":1"), "{json}");

    // A later revision takes the place of the first.
    let later = Server::start(pages(&[days[0], ("2026-05-02", 2, b"third!!")]));
    let kept = mirrored(&later.url, dir.path(), &["--keep-superseded"]);
    assert!(kept.starts_with("1 files, 7 bytes"), "{kept}");
    assert!(dir.path().join(SUBJECT).join(&file).exists());
    let said = mirrored(&later.url, dir.path(), &[]);
    assert!(said.contains("1 superseded removed"), "{said}");
    assert!(!dir.path().join(SUBJECT).join(&file).exists());
    // A day that the server no longer has stays.
    let fewer = Server::start(pages(&[("2026-05-02", 2, b"third!!")]));
    mirrored(&fewer.url, dir.path(), &[]);
    assert_eq!(fs::read_dir(dir.path().join(SUBJECT)).unwrap().count(), 3);
}

#[test]
fn what_was_cut_off_goes_on_and_what_is_damaged_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let server = Server::start(pages(&[("2026-05-01", 1, &content)]));
    let (file, _) = entry("2026-05-01", 1, &content);
    let path = dir.path().join(SUBJECT).join(&file);
    let part = dir.path().join(SUBJECT).join(format!("{file}.part"));
    fs::create_dir(dir.path().join(SUBJECT)).unwrap();
    fs::write(&part, &content[..1000]).unwrap();
    let json = mirrored(&server.url, dir.path(), &["--json"]);
    assert!(json.contains("\"resumed\":1") && json.contains("\"bytes\":799000"), "{json}");
    assert_eq!(fs::read(&path).unwrap(), content);
    assert!(server.asked().iter().any(|a| a.ends_with("from 1000")));

    fs::remove_file(&path).unwrap();
    fs::write(&part, [7; 1000]).unwrap();
    mirrored(&server.url, dir.path(), &[]);
    assert_eq!(fs::read(&path).unwrap(), content);
    assert!(!part.exists());
    fs::write(&path, vec![7; content.len()]).unwrap();
    assert!(mirrored(&server.url, dir.path(), &["--verify"]).starts_with("1 files"));
    assert_eq!(fs::read(&path).unwrap(), content);
}

#[test]
fn what_is_not_what_it_should_be_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (file, _) = entry("2026-05-01", 1, b"right");
    let file_at = at(&format!("/{SUBJECT}/{file}"));
    for wrong in [&b"wrong"[..], b"right and more"] {
        let mut pages = pages(&[("2026-05-01", 1, b"right")]);
        pages.insert(file_at.clone(), Some(wrong.to_vec()));
        let server = Server::start(pages);
        let said = fails(&server.url, dir.path(), &[], 4);
        assert!(said.contains("size and hash") && said.contains(&file), "{said}");
        let left: Vec<_> = fs::read_dir(dir.path().join(SUBJECT)).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
    // A manifest that names a file elsewhere.
    let mut evil = pages(&[("2026-05-01", 1, b"right")]);
    let (_, good) = entry("2026-05-01", 1, b"right");
    let bad = good.replace(&file, "../../escaped");
    evil.insert(at(&format!("/{SUBJECT}/manifest.json")), Some(manifest(&bad)));
    let server = Server::start(evil);
    let said = fails(&server.url, dir.path(), &[], 4);
    assert!(said.contains("no name of a file"), "{said}");
}

#[test]
fn who_sends_elsewhere_or_has_nothing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(Pages::from([(at(""), None)]));
    let said = fails(&server.url, dir.path(), &[], 3);
    assert!(said.contains("elsewhere.example") && said.contains("--from"), "{said}");
    assert_eq!(server.asked().len(), 1, "no redirect is followed, and none is tried again");
    let server = Server::start(Pages::new());
    let said = fails(&server.url, dir.path(), &[], 3);
    assert!(said.contains("404") && said.contains("datasets are not published"), "{said}");
    let server = Server::start(pages(&[("2026-05-01", 1, b"x")]));
    let said = fails(&server.url, dir.path(), &["--subject", "cars"], 2);
    assert!(said.contains("it has sessions, jobs"), "{said}");
    assert!(mirrored(&server.url, dir.path(), &["--subject", "jobs"]).starts_with("0 files"));
    let since = mirrored(&server.url, dir.path(), &["--since", "2026-05-02"]);
    assert!(since.starts_with("0 files"), "{since}");
    let said = fails(&server.url, dir.path(), &["--since", "May"], 2);
    assert!(said.contains("--since") && said.contains("2026-05-01"), "{said}");
    fs::write(dir.path().join("file"), "").unwrap();
    let said = fails(&server.url, &dir.path().join("file"), &[], 5);
    assert!(said.contains("cannot make"), "{said}");
}
