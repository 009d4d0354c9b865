//! Daily files over derived rows that are put in by hand: what is read back from Parquet is what the
//! API says, and a mirror of it is complete, cheap, and goes on after a kill.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use naap_tests::rows::now_us;
use naap_tests::stack::binaries;
use naap_tests::{Proxy, Stack, eventually};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::process::Command;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A file that was read back.
struct Table {
    batches: Vec<RecordBatch>,
}

impl Table {
    fn read(path: &Path) -> Result<Self> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
        Ok(Self { batches: reader.collect::<Result<_, _>>()? })
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Times, and texts of a column, in the order of the file.
    fn order(&self, column: &str) -> Vec<(i64, String)> {
        let of = |batch: &RecordBatch| {
            let ts = batch.column_by_name("ts").unwrap().as_primitive::<TimestampMicrosecondType>();
            let text = batch.column_by_name(column).unwrap().as_string::<i32>();
            let pair = |i: usize| (ts.value(i), text.value(i).to_owned());
            (0..batch.num_rows()).map(pair).collect::<Vec<_>>()
        };
        self.batches.iter().flat_map(of).collect()
    }

    /// Sum of a column over organic rows, and how many of them have a value.
    fn sum(&self, column: &str) -> (f64, usize) {
        let (mut sum, mut n) = (0.0, 0);
        for batch in &self.batches {
            let origin = batch.column_by_name("origin").unwrap().as_string::<i32>();
            let values = batch.column_by_name(column).unwrap();
            for row in (0..batch.num_rows()).filter(|i| origin.value(*i) == "organic") {
                if values.is_null(row) {
                    continue;
                }
                n += 1;
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let value = match values.as_primitive_opt::<Int64Type>() {
                    Some(whole) => whole.value(row) as f64,
                    None => values.as_primitive::<Float64Type>().value(row),
                };
                sum += value;
            }
        }
        (sum, n)
    }
}

fn iso(us: i64) -> String {
    chrono::DateTime::from_timestamp_micros(us).unwrap().date_naive().to_string()
}

fn id(n: i64) -> String {
    format!("'00000000-0000-4000-8000-{n:012x}'")
}

fn session(n: i64, ts: i64, void: i64) -> String {
    // A void row has no figures: views add up whatever there is.
    let figures = if void == 1 {
        "null, null, null, null, null, null, null, null, null"
    } else {
        "'SERVED', 2.5, 1, 1, 0, 0, 0, 1, 0"
    };
    format!(
        "insert into stream_session (ts, void, formula, session, origin, gateway, region, pipeline, model, outcome, minutes, requested, served, unserved, failed, excused, swaps, interrupted) values ({ts}, {void}, '2026.1', {}, 'organic', 'g1', null, 'live-video-to-video', 'm1', {figures})",
        id(n)
    )
}

/// Sessions of a day, minutes and fees with them: every third of another origin.
fn rows_of_a_day(day: i64, n: i64) -> Vec<String> {
    let origin = "case when x % 3 = 0 then 'test' else 'organic' end";
    let region = "case when x % 4 = 0 then null when x % 4 = 1 then 'eu-west' else 'us-east' end";
    let common = format!("{origin}, 'g1', {region}, 'live-video-to-video', 'm1'");
    let uuid = |kind: &str| {
        format!("cast('00000000-0000-4000-{kind}-' || lpad(x::string, 12, '0') as uuid)")
    };
    let step = DAY / (n + 1);
    vec![
        format!(
            "insert into stream_session (ts, void, formula, session, origin, gateway, region, pipeline, model, outcome, startup_ms, requested, served, unserved, failed, excused, swaps, interrupted) select ({day} + x * {step})::timestamp, 0, '2026.1', {}, {common}, case when x % 5 = 0 then 'NO_ORCHESTRATOR' else 'SERVED' end, case when x % 7 = 0 then null else x * 0.5 end, 1, case when x % 5 = 0 then 0 else 1 end, case when x % 5 = 0 then 1 else 0 end, 0, 0, x % 2, 0 from long_sequence({n})",
            uuid("9000")
        ),
        format!(
            "insert into stream_minute (ts, void, formula, session, leg, origin, gateway, region, pipeline, model, minutes) select timestamp_floor('5m', ({day} + x * {step})::timestamp), 0, '2026.1', {}, -1, {common}, x * 0.25 from long_sequence({n})",
            uuid("9000")
        ),
        format!(
            "insert into payment_fee (ts, void, formula, event_id, origin, gateway, region, pipeline, model, basis, fee_wei, fee_eth, payments, unattributed) select ({day} + x * {step})::timestamp, 0, '2026.1', {}, {common}, 'REQUEST', '1000', x * 0.125, 1, 0 from long_sequence({n})",
            uuid("a000")
        ),
    ]
}

async fn insert(stack: &Stack, statements: &[String]) -> Result<()> {
    for sql in statements {
        stack.sql(sql).await?;
    }
    stack.applied(&["stream_session", "stream_minute", "payment_fee"]).await?;
    stack.refreshed().await
}

/// Runs `naap-graphql datasets`; gives how many files it published.
async fn build(stack: &Stack, args: &[&str]) -> Result<usize> {
    let config = stack.data.join("config/graphql.toml");
    // The API itself builds from time to time, and only one does at once.
    eventually("the folder of datasets", Duration::from_secs(60), || async {
        let mut command = Command::new(binaries()?.join("naap-graphql"));
        command.arg("datasets").arg("--config").arg(&config).args(args);
        let out = command.stdin(Stdio::null()).output().await?;
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        ensure!(said.contains(" 0 left"), "{said}");
        said.split(' ').next().context("a number")?.parse().context("a number")
    })
    .await
}

fn mirror_command(url: &str, to: &Path, args: &[&str]) -> Result<Command> {
    let mut command = Command::new(binaries()?.join("naap"));
    command.args(["mirror", "--from", url, "--to"]).arg(to).args(args);
    for proxy in
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        command.env_remove(proxy);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

async fn run_mirror(url: &str, to: &Path, args: &[&str]) -> Result<Output> {
    Ok(mirror_command(url, to, args)?.output().await?)
}

/// Mirrors, and gives what it did.
async fn mirror(url: &str, to: &Path, args: &[&str]) -> Result<Value> {
    let out = run_mirror(url, to, &[args, &["--json"]].concat()).await?;
    ensure!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).context("a report")
}

async fn manifest(stack: &Stack, subject: &str) -> Result<Value> {
    let (status, text) = stack.get(&format!("v1/datasets/{subject}/manifest.json")).await?;
    ensure!(status.is_success(), "{status}: {text}");
    Ok(serde_json::from_str(&text)?)
}

fn entry(manifest: &Value, day: &str) -> Result<Value> {
    let days = manifest["days"].as_array().context("days")?;
    days.iter().find(|e| e["day"] == day).cloned().with_context(|| format!("no {day} in {days:?}"))
}

fn path(to: &Path, subject: &str, entry: &Value) -> PathBuf {
    to.join(subject).join(entry["file"].as_str().unwrap())
}

fn close(got: f64, value: &Value, what: &str) {
    let expected = value.as_f64().unwrap_or_else(|| panic!("{what}: {value} is no number"));
    assert!((got - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {got}, {expected}");
}

/// Counts and sums of a day's files are those of the API.
async fn files_say_what_the_api_says(stack: &Stack, to: &Path, day: i64) -> Result<()> {
    let window = format!("window: {{ from: {}, to: {} }}", day / 1000, (day + DAY) / 1000);
    let data = stack
        .graphql(&format!("{{ demand({window}, bucket: D1) {{ groups {{ total {{ samples requested served unserved failed swaps minutes feesEth payments startupMs {{ n sum }} }} }} }} }}"))
        .await?;
    let total = &data["demand"]["groups"][0]["total"];
    let name = iso(day);
    let table = async |subject: &str| -> Result<Table> {
        let entry = entry(&manifest(stack, subject).await?, &name)?;
        let table = Table::read(&path(to, subject, &entry))?;
        assert_eq!(entry["rows"], table.rows(), "{subject}");
        Ok(table)
    };
    let sessions = table("sessions").await?;
    for field in ["requested", "served", "unserved", "failed", "swaps"] {
        close(sessions.sum(field).0, &total[field], field);
    }
    let (startup, n) = sessions.sum("startup_ms");
    close(startup, &total["startupMs"]["sum"], "startupMs");
    assert_eq!(total["startupMs"]["n"], n, "an unknown one is null, and not counted");
    close(table("minutes").await?.sum("minutes").0, &total["minutes"], "minutes");
    close(table("fees").await?.sum("fee_eth").0, &total["feesEth"], "feesEth");

    let demand = table("demand").await?;
    for (column, field) in [
        ("sessions", "samples"),
        ("requested", "requested"),
        ("served", "served"),
        ("unserved", "unserved"),
        ("swaps", "swaps"),
        ("minutes", "minutes"),
        ("payments", "payments"),
        ("fees_eth", "feesEth"),
    ] {
        close(demand.sum(column).0, &total[field], column);
    }

    let order = sessions.order("session");
    assert!(order.is_sorted(), "by time and key");
    assert!(order.iter().all(|(ts, _)| (day..day + DAY).contains(ts)), "half-open");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn daily_files_are_what_the_api_says_and_late_rows_make_a_revision() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let day = (now_us() - 3 * DAY).div_euclid(DAY) * DAY;
    let old = day - 20 * DAY;
    insert(&stack, &rows_of_a_day(day, 500)).await?;
    insert(&stack, &rows_of_a_day(old, 20)).await?;
    // A void row is none; one microsecond decides the day.
    let borders = [
        session(1, day + MINUTE, 1),
        session(2, day - 1, 0),
        session(3, day, 0),
        session(4, day + DAY - 1, 0),
        session(5, day + DAY, 0),
    ];
    insert(&stack, &borders).await?;
    build(&stack, &[]).await?;

    let sessions = manifest(&stack, "sessions").await?;
    assert_eq!(sessions["license"]["name"], "CC-BY-4.0");
    let days = sessions["days"].as_array().unwrap();
    // All days from the first row on, those without rows too, until yesterday or the day before.
    assert!((22..=23).contains(&days.len()), "{}", days.len());
    let first = entry(&sessions, &iso(day))?;
    assert_eq!((&first["revision"], &first["final"]), (&1.into(), &false.into()));
    assert_eq!((&first["rows"], &first["formula"][0]), (&502.into(), &"2026.1".into()));
    assert_eq!(entry(&sessions, &iso(old))?["final"], true);
    assert_eq!(entry(&sessions, &iso(old + DAY))?["rows"], 0);

    let dir = tempfile::tempdir()?;
    let to = dir.path().join("mirror");
    let done = mirror(&stack.url, &to, &[]).await?;
    assert!(done["files"].as_u64().unwrap() > 60, "{done}");
    for d in [day, old] {
        files_say_what_the_api_says(&stack, &to, d).await?;
    }
    the_api_names_the_same_files(&stack, &first, day).await?;
    what_is_no_file_is_not_served(&stack).await?;

    // Once more: nothing. The text is what a person reads.
    let again = run_mirror(&stack.url, &to, &[]).await?;
    let said = String::from_utf8(again.stdout)?;
    assert!(again.status.success() && said.starts_with("0 files, 0 bytes"), "{said}");

    // The same rows give the same bytes, so looking again publishes nothing.
    assert_eq!(build(&stack, &["--recheck"]).await?, 0);
    late_rows_make_a_revision(&stack, &to, day, old, &first).await?;
    stack.stop().await?;
    Ok(())
}

async fn the_api_names_the_same_files(stack: &Stack, first: &Value, day: i64) -> Result<()> {
    let fields =
        "subject day revision final url bytes sha256 rows from to schemaVersion formula license";
    let data = stack
        .graphql(&format!(
            "{{ datasets(subject: \"sessions\", from: {}, first: 1000) {{ {fields} }} }}",
            day / 1000
        ))
        .await?;
    let files = data["datasets"].as_array().unwrap();
    assert!((2..=3).contains(&files.len()), "{files:?}");
    let own = files.last().unwrap();
    for field in ["day", "revision", "final", "bytes", "sha256", "rows", "from", "to", "formula"] {
        assert_eq!(own[field], first[field], "{field}");
    }
    assert_eq!(own["url"], format!("/v1/datasets/sessions/{}", first["file"].as_str().unwrap()));
    let (status, text) = stack.get("v1/datasets?days=2").await?;
    let list: Value = serde_json::from_str(&text)?;
    assert!(status.is_success());
    assert_eq!(list["subjects"].as_array().unwrap().len(), 12);
    assert_eq!(list["subjects"][0]["newest"].as_array().unwrap().len(), 2);
    assert_eq!(stack.get("v1/datasets?days=1000").await?.0.as_u16(), 400);
    Ok(())
}

async fn what_is_no_file_is_not_served(stack: &Stack) -> Result<()> {
    for path in [
        "v1/datasets/sessions/..%2f..%2fconfig%2fgraphql.toml",
        "v1/datasets/..%2f..%2fsecrets/manifest.json",
        "v1/datasets/sessions/lock",
        "v1/datasets/sessions/sessions-2026-01-01-r1-0123456789abcdef.parquet",
        "v1/datasets/hosts/manifest.json",
    ] {
        let (status, text) = stack.get(path).await?;
        assert_eq!(status.as_u16(), 404, "{path}: {text}");
        assert!(text.contains("NOT_FOUND"), "{path}: {text}");
    }
    Ok(())
}

async fn late_rows_make_a_revision(
    stack: &Stack,
    to: &Path,
    day: i64,
    old: i64,
    first: &Value,
) -> Result<()> {
    insert(stack, &[session(6, day + MINUTE, 0), session(7, old + MINUTE, 0)]).await?;
    build(stack, &["--recheck"]).await?;
    let sessions = manifest(stack, "sessions").await?;
    let second = entry(&sessions, &iso(day))?;
    assert_eq!((&second["revision"], &second["rows"]), (&2.into(), &503.into()));
    assert_eq!(second["supersedes"][0]["file"], first["file"]);
    assert_eq!(entry(&manifest(stack, "demand").await?, &iso(day))?["revision"], 2);
    let settled = entry(&sessions, &iso(old))?;
    assert_eq!(settled["revision"], 1, "what is final stays as it is");
    let superseded = format!("v1/datasets/sessions/{}", first["file"].as_str().unwrap());
    assert!(stack.get(&superseded).await?.0.is_success(), "the first one can still be had");

    let before = path(to, "sessions", first);
    assert!(before.is_file());
    let done = mirror(&stack.url, to, &[]).await?;
    assert_eq!((&done["files"], &done["removed"]), (&2.into(), &2.into()), "{done}");
    assert!(!before.exists());
    files_say_what_the_api_says(stack, to, day).await?;

    // An operator publishes a final day once more.
    let old_day = iso(old);
    let only = ["--subject", "sessions", "--from", &old_day, "--to", &old_day];
    assert_eq!(build(stack, &only).await?, 1);
    let again = entry(&manifest(stack, "sessions").await?, &old_day)?;
    assert_eq!((&again["revision"], &again["final"]), (&2.into(), &true.into()));
    assert_eq!(again["rows"], settled["rows"].as_u64().unwrap() + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_mirror_goes_on() -> Result<()> {
    let stack = Stack::by_hand().await?;
    let day = (now_us() - 3 * DAY).div_euclid(DAY) * DAY;
    let many = format!(
        "insert into stream_minute (ts, void, formula, session, leg, origin, minutes) select ({day} + x * 1000000)::timestamp, 0, '2026.1', rnd_uuid4(), -1, 'organic', rnd_double() from long_sequence(80000)"
    );
    insert(&stack, &[many]).await?;
    build(&stack, &["--subject", "minutes"]).await?;
    let minutes = entry(&manifest(&stack, "minutes").await?, &iso(day))?;
    let bytes = minutes["bytes"].as_u64().unwrap();
    assert!(bytes > 1_000_000, "{bytes}");

    let dir = tempfile::tempdir()?;
    let file = path(dir.path(), "minutes", &minutes);
    let part = PathBuf::from(format!("{}.part", file.display()));
    let server = stack.url.trim_start_matches("http://").trim_end_matches('/');
    let slow = Proxy::start(server).await?;
    slow.set(|weather| weather.delay = Duration::from_millis(400));
    let through = format!("http://{}/", slow.address);
    let only = ["--subject", "minutes"];
    let mut child = mirror_command(&through, dir.path(), &only)?
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    eventually("a part of the file", Duration::from_secs(60), || async {
        let have = fs::metadata(&part).map_or(0, |m| m.len());
        ensure!(have > 100_000, "{have} bytes");
        Ok(())
    })
    .await?;
    child.start_kill()?;
    child.wait().await?;
    let had = fs::metadata(&part)?.len();
    assert!(had < bytes && !file.exists(), "{had} of {bytes}");

    let done = mirror(&stack.url, dir.path(), &only).await?;
    let others: u64 = fs::read_dir(file.parent().unwrap())?
        .map(|f| f.unwrap())
        .filter(|f| f.path() != file && f.path().extension().is_some_and(|e| e == "parquet"))
        .map(|f| f.metadata().unwrap().len())
        .sum();
    assert_eq!(done["resumed"], 1);
    // The days after it may have come before the kill, or after it.
    let came = done["bytes"].as_u64().unwrap();
    assert!(came <= bytes - had + others, "{came}: only what was missing of {bytes}, had {had}");
    assert_eq!(hex::encode(Sha256::digest(fs::read(&file)?)), minutes["sha256"].as_str().unwrap());
    assert_eq!(Table::read(&file)?.rows(), 80_000);
    assert!(!part.exists());

    // A part that is damaged is noticed, and a file that is, when it is looked for.
    fs::remove_file(&file)?;
    fs::write(&part, vec![0; 70_000])?;
    let done = mirror(&stack.url, dir.path(), &only).await?;
    assert_eq!(done["files"], 1);
    assert_eq!(hex::encode(Sha256::digest(fs::read(&file)?)), minutes["sha256"].as_str().unwrap());
    let mut damaged = fs::read(&file)?;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    fs::write(&file, &damaged)?;
    assert_eq!(mirror(&stack.url, dir.path(), &only).await?["files"], 0);
    let verify = [&only[..], &["--verify"]].concat();
    assert_eq!(mirror(&stack.url, dir.path(), &verify).await?["files"], 1);

    let gone = run_mirror("http://127.0.0.1:1/", dir.path(), &[]).await?;
    let said = String::from_utf8_lossy(&gone.stderr);
    if gone.status.code() != Some(3) || !said.contains("check --from") {
        bail!("{:?}: {said}", gone.status);
    }
    stack.stop().await?;
    Ok(())
}
