//! Reads the declarations and refuses what is wrong with them, by file and line.
//!
//! May read files below the schema folder; must never write, and must never know what is made of
//! the declarations.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Rows older than this are refused, so no TTL and no refresh limit may be shorter
/// (`definitions.md` 5).
pub const LATENESS_DAYS: u32 = 14;

/// The closed set of units.
pub const UNITS: &[&str] = &[
    "MHz",
    "Mbit/s",
    "address",
    "bool",
    "bytes",
    "bytes/s",
    "celsius",
    "count",
    "epoch",
    "eth",
    "fps",
    "gwei",
    "hours",
    "id",
    "index",
    "json",
    "mJ",
    "mW",
    "million pixels",
    "minutes",
    "ms",
    "name",
    "ns",
    "percent",
    "price",
    "ratio",
    "s",
    "score",
    "seq",
    "text",
    "time",
    "url",
    "us",
    "uuid",
    "version",
    "wei",
];

/// Columns that every table has before its fields.
pub const COMMON_COLUMNS: &[&str] = &["ts", "node", "epoch", "seq"];

/// What every derived row says of itself: whether it is no longer produced, and by which version of
/// the definitions it was.
const DERIVED_FIELDS: &[(&str, Type)] = &[("void", Type::I64), ("formula", Type::Symbol)];

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong and what would be right.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.text)
    }
}

/// An entity as declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Number on the wire.
    pub number: Spanned<u32>,
    /// Name of entity and table.
    pub name: Spanned<String>,
    /// How rows are told apart.
    pub identity: Identity,
    /// Class of its figures.
    pub class: Class,
    /// Who may see it.
    pub visibility: Visibility,
    /// Who reports it.
    pub reporter: Spanned<String>,
    /// How often, in words.
    pub cadence: Spanned<String>,
    /// How long rows are kept.
    pub retention: Spanned<String>,
    /// Partition of the table.
    pub partition: Partition,
    /// How stable the declaration is.
    pub stability: Stability,
    /// What it is.
    pub description: Spanned<String>,
    /// How it can mislead.
    pub misleads: Spanned<String>,
    /// Its fields.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    /// Numbers and names that are gone for good.
    #[serde(default)]
    pub retired: Vec<Retired>,
    /// Where it was read.
    #[serde(skip)]
    pub file: PathBuf,
}

/// A field as declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Number on the wire.
    pub number: Spanned<u32>,
    /// Name of the column.
    pub name: Spanned<String>,
    /// Type of the values.
    #[serde(rename = "type")]
    pub ty: Spanned<Type>,
    /// Unit, one of [`UNITS`].
    pub unit: Spanned<String>,
    /// What the values are.
    pub kind: Kind,
    /// Part of the row's identity.
    #[serde(default)]
    pub key: bool,
    /// A row without it is refused.
    #[serde(default)]
    pub required: bool,
    /// Who may see it; the entity's visibility where it is left out.
    pub visibility: Option<Visibility>,
    /// Decimal places kept on the wire.
    pub scale: Option<Spanned<u32>>,
    /// Smallest value admitted.
    pub min: Option<Spanned<f64>>,
    /// Largest value admitted.
    pub max: Option<f64>,
    /// Longest text admitted, bytes.
    pub max_len: Option<u32>,
    /// Has columns in the rollup of the entity.
    #[serde(default)]
    pub rollup: bool,
    /// Range of its histogram.
    pub distribution: Option<Spanned<[f64; 2]>>,
    /// What it means.
    pub description: Spanned<String>,
    /// How it can mislead.
    #[serde(default)]
    pub misleads: String,
}

/// A number and a name that were released once and are gone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The number.
    pub number: u32,
    /// The name.
    pub name: String,
    /// Version that no longer has it.
    pub since: String,
}

/// Rollups of an entity as declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Stem of the views' names.
    pub name: Spanned<String>,
    /// The entity that they sum up.
    pub entity: Spanned<String>,
    /// Their dimensions.
    pub by: Spanned<Vec<String>>,
    /// What they are.
    pub description: Spanned<String>,
    /// How they can mislead.
    pub misleads: Spanned<String>,
    /// Their levels, finest first.
    #[serde(rename = "level")]
    pub levels: Vec<Level>,
    /// Histograms of the fields marked `distribution`.
    pub histogram: Option<Histogram>,
    /// Where it was read.
    #[serde(skip)]
    pub file: PathBuf,
}

/// One level of a rollup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Bucket: 1m, 5m, 1h or 1d.
    pub bucket: Spanned<String>,
    /// `immediate`, or `every Nm`.
    pub refresh: Spanned<String>,
    /// How far back late rows reach this level.
    pub refresh_limit: Spanned<String>,
    /// How long buckets are kept.
    pub retention: Spanned<String>,
    /// Partition of the view.
    pub partition: Partition,
}

/// Histograms of a rollup, at 1h and 1d.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// How often the 1h level looks at the raw rows: `every Nm`.
    pub refresh: Spanned<String>,
    /// How far back late rows reach it.
    pub refresh_limit: Spanned<String>,
    /// How long hourly buckets are kept; daily ones for good.
    pub retention: Spanned<String>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
        #[expect(missing_docs, reason = "the words stand for themselves")]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }
        impl $name {
            /// The word in a declaration.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }
    };
}
words! { /// See [`crate::Identity`].
Identity { Sample = "sample", Event = "event", Collector = "collector", Derived = "derived" } }

impl Identity {
    /// Whether agents send such rows; the others are written by the collector.
    pub const fn is_sent(self) -> bool {
        matches!(self, Self::Sample | Self::Event)
    }
}
words! { /// See [`crate::Class`].
Class { Operational = "operational", Extended = "extended" } }
words! { /// See [`crate::Visibility`].
Visibility { Public = "public", Operator = "operator" } }
words! { /// How stable a declaration is.
Stability { Experimental = "experimental", Beta = "beta", Stable = "stable" } }
words! { /// Partition of a table.
Partition { Day = "day", Month = "month", Year = "year" } }
words! { /// See [`crate::FieldType`].
Type { I64 = "i64", F64 = "f64", Symbol = "symbol", Text = "text", Timestamp = "timestamp", Uuid = "uuid" } }
words! { /// See [`crate::Kind`].
Kind { Gauge = "gauge", Delta = "delta", Counter = "counter", Label = "label", Time = "time" } }

/// All declarations of a schema folder.
#[derive(Debug)]
pub struct Declarations {
    /// Entities by number.
    pub entities: Vec<Entity>,
    /// Rollups by name.
    pub views: Vec<View>,
    sources: HashMap<PathBuf, String>,
}

/// Reads and checks all declarations below `root` (`entities/*.toml`, `views/*.toml`).
///
/// # Errors
/// Everything that is wrong, in the order of files and lines.
pub fn read(root: &Path) -> Result<Declarations, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut sources = HashMap::new();
    let mut entities: Vec<Entity> = read_dir(root, "entities", &mut sources, &mut problems);
    let mut views: Vec<View> = read_dir(root, "views", &mut sources, &mut problems);
    entities.sort_by_key(|e| *e.number.get_ref());
    views.sort_by(|a, b| a.name.get_ref().cmp(b.name.get_ref()));
    let declarations = Declarations { entities, views, sources };
    Checker { declarations: &declarations, problems: &mut problems }.run();
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    if problems.is_empty() { Ok(declarations) } else { Err(problems) }
}

trait FromFile: for<'a> Deserialize<'a> {
    fn set_file(&mut self, file: PathBuf);
}
impl FromFile for Entity {
    fn set_file(&mut self, file: PathBuf) {
        self.file = file;
    }
}
impl FromFile for View {
    fn set_file(&mut self, file: PathBuf) {
        self.file = file;
    }
}

fn read_dir<T: FromFile>(
    root: &Path,
    dir: &str,
    sources: &mut HashMap<PathBuf, String>,
    problems: &mut Vec<Problem>,
) -> Vec<T> {
    let mut files: Vec<PathBuf> = match std::fs::read_dir(root.join(dir)) {
        Ok(entries) => entries.filter_map(|e| e.ok().map(|e| e.path())).collect(),
        Err(e) => {
            let text = format!("cannot read the folder: {e}");
            problems.push(Problem { file: root.join(dir), line: 0, text });
            return Vec::new();
        }
    };
    files.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    files.sort();
    let mut out = Vec::new();
    for file in files {
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(e) => {
                problems.push(Problem { file, line: 0, text: format!("cannot be read: {e}") });
                continue;
            }
        };
        match toml::from_str::<T>(&text) {
            Ok(mut value) => {
                value.set_file(file.clone());
                out.push(value);
            }
            Err(e) => {
                let line = e.span().map_or(0, |s| line_of(&text, &s));
                problems.push(Problem { file: file.clone(), line, text: e.message().to_owned() });
            }
        }
        sources.insert(file, text);
    }
    out
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1
}

impl Declarations {
    /// The problem `text` at the place of `value` in `file`.
    pub fn problem<T>(&self, file: &Path, value: &Spanned<T>, text: String) -> Problem {
        let line = self.sources.get(file).map_or(0, |s| line_of(s, &value.span()));
        Problem { file: file.to_owned(), line, text }
    }
}

/// Days of a retention or limit such as `30d`, `13mo`, `3y`; `None` for `keep` (for good).
/// Months and years count as their shortest.
///
/// # Errors
/// If it is no such text.
pub fn days(text: &str) -> Result<Option<u32>, String> {
    if text == "keep" {
        return Ok(None);
    }
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let per_unit = match unit {
        "d" => 1,
        "mo" => 28,
        "y" => 365,
        _ => return Err(format!("`{text}` is no span; write for example 30d, 13mo, 3y or keep")),
    };
    match number.parse::<u32>() {
        Ok(n) if n > 0 && n < 10_000 => Ok(Some(n * per_unit)),
        _ => Err(format!("`{text}` is no span; write for example 30d, 13mo, 3y or keep")),
    }
}

/// Seconds of a bucket.
///
/// # Errors
/// If it is none of 1m, 5m, 1h, 1d.
pub fn bucket_seconds(text: &str) -> Result<u32, String> {
    match text {
        "1m" => Ok(60),
        "5m" => Ok(300),
        "1h" => Ok(3600),
        "1d" => Ok(86_400),
        _ => Err(format!("`{text}` is no bucket; write 1m, 5m, 1h or 1d")),
    }
}

struct Checker<'a> {
    declarations: &'a Declarations,
    problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    fn run(&mut self) {
        let declarations = self.declarations;
        let mut numbers: HashMap<u32, &str> = HashMap::new();
        let mut names: HashMap<&str, &Path> = HashMap::new();
        for entity in &declarations.entities {
            let (number, name) = (entity.number.get_ref(), entity.name.get_ref().as_str());
            if let Some(other) = numbers.insert(*number, name) {
                let text = format!("entity number {number} is used by `{other}` too");
                self.add(&entity.file, &entity.number, text);
            }
            if names.insert(name, &entity.file).is_some() {
                self.add(&entity.file, &entity.name, format!("there are two entities `{name}`"));
            }
            self.entity(entity);
        }
        for view in &declarations.views {
            self.view(view);
        }
    }

    fn add<T>(&mut self, file: &Path, at: &Spanned<T>, text: String) {
        self.problems.push(self.declarations.problem(file, at, text));
    }

    fn name(&mut self, file: &Path, name: &Spanned<String>) {
        let text = name.get_ref();
        let mut chars = text.chars();
        let good = chars.next().is_some_and(|c| c.is_ascii_lowercase())
            && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text.len() <= 48;
        if !good {
            let text = format!("`{text}` is no name; write lower_case, at most 48 characters");
            self.add(file, name, text);
        }
    }

    fn text(&mut self, file: &Path, what: &str, text: &Spanned<String>) {
        if text.get_ref().trim().is_empty() {
            self.add(file, text, format!("{what} is empty; say it in one sentence"));
        }
    }

    fn span(&mut self, file: &Path, what: &str, text: &Spanned<String>) {
        match days(text.get_ref()) {
            Err(e) => self.add(file, text, e),
            Ok(Some(d)) if d <= LATENESS_DAYS => {
                let shown = text.get_ref();
                let text_ = format!(
                    "{what} of {shown} is not longer than the accepted lateness of {LATENESS_DAYS} d; a late row would wipe what is older"
                );
                self.add(file, text, text_);
            }
            Ok(_) => {}
        }
    }

    fn entity(&mut self, e: &Entity) {
        self.name(&e.file, &e.name);
        self.text(&e.file, "description", &e.description);
        self.text(&e.file, "misleads", &e.misleads);
        self.text(&e.file, "reporter", &e.reporter);
        self.text(&e.file, "cadence", &e.cadence);
        self.span(&e.file, "retention", &e.retention);
        let mut numbers: HashMap<u32, &str> = HashMap::new();
        let mut names: HashMap<&str, u32> = HashMap::new();
        for r in &e.retired {
            numbers.insert(r.number, &r.name);
            names.insert(&r.name, r.number);
        }
        for f in &e.fields {
            if let Some(other) = numbers.insert(*f.number.get_ref(), f.name.get_ref()) {
                let text = format!("field number {} is or was `{other}`", f.number.get_ref());
                self.add(&e.file, &f.number, text);
            }
            if names.insert(f.name.get_ref(), *f.number.get_ref()).is_some() {
                let text = format!("there is or was another field `{}`", f.name.get_ref());
                self.add(&e.file, &f.name, text);
            }
            self.field(e, f);
        }
        if e.identity == Identity::Derived {
            for (name, ty) in DERIVED_FIELDS {
                let found = e.fields.iter().find(|f| f.name.get_ref() == name);
                if !found.is_some_and(|f| f.required && !f.key && f.ty.get_ref() == ty) {
                    let text = format!("a derived row needs a required `{name}` ({})", ty.word());
                    self.add(&e.file, &e.name, text);
                }
            }
        }
        if e.identity == Identity::Event {
            for (name, ty) in [("event_id", Type::Uuid), ("item", Type::I64)] {
                let found = e.fields.iter().find(|f| f.name.get_ref() == name);
                if !found.is_some_and(|f| f.key && f.required && *f.ty.get_ref() == ty) {
                    let text = format!("an event needs a required key `{name}` ({})", ty.word());
                    self.add(&e.file, &e.name, text);
                }
            }
        }
    }

    fn field(&mut self, e: &Entity, f: &Field) {
        self.name(&e.file, &f.name);
        self.text(&e.file, "description", &f.description);
        let (name, ty) = (f.name.get_ref(), *f.ty.get_ref());
        if COMMON_COLUMNS.contains(&name.as_str()) && e.identity.is_sent() {
            self.add(&e.file, &f.name, format!("every table has a column `{name}` already"));
        }
        if !UNITS.contains(&f.unit.get_ref().as_str()) {
            let text = format!("`{}` is no unit; one of: {}", f.unit.get_ref(), UNITS.join(", "));
            self.add(&e.file, &f.unit, text);
        }
        let numeric = matches!(ty, Type::I64 | Type::F64);
        let mut bad = Vec::new();
        if matches!(ty, Type::Symbol | Type::Text) != f.max_len.is_some() {
            bad.push("symbols and text, and only these, have a max_len");
        }
        if f.max_len.is_some_and(|l| l == 0 || l as usize > crate::limits::MAX_TEXT_BYTES) {
            bad.push("max_len must be between 1 and the limit of any text");
        }
        if !numeric && (f.min.is_some() || f.max.is_some() || f.scale.is_some()) {
            bad.push("only numbers have min, max and scale");
        }
        if f.scale.as_ref().is_some_and(|s| {
            ty != Type::F64 || *s.get_ref() == 0 || *s.get_ref() > crate::limits::MAX_SCALE
        }) {
            bad.push("scale belongs to f64 and is between 1 and 12");
        }
        if f.min.as_ref().zip(f.max).is_some_and(|(min, max)| *min.get_ref() > max) {
            bad.push("min is above max");
        }
        if (f.rollup || f.distribution.is_some()) && !numeric {
            bad.push("only numbers can be rolled up");
        }
        if f.distribution.as_ref().is_some_and(|d| {
            let [low, high] = *d.get_ref();
            !f.rollup || low <= 0.0 || high <= low
        }) {
            bad.push("a distribution needs rollup = true and a range [low, high] above 0");
        }
        if f.key && (!f.required || ty == Type::F64 || ty == Type::Text) {
            bad.push("a key is required, and neither f64 nor text");
        }
        for text in bad {
            self.add(&e.file, &f.name, format!("field `{name}`: {text}"));
        }
    }

    fn view(&mut self, v: &View) {
        self.name(&v.file, &v.name);
        self.text(&v.file, "description", &v.description);
        self.text(&v.file, "misleads", &v.misleads);
        let declarations = self.declarations;
        let Some(entity) =
            declarations.entities.iter().find(|e| e.name.get_ref() == v.entity.get_ref())
        else {
            self.add(&v.file, &v.entity, format!("there is no entity `{}`", v.entity.get_ref()));
            return;
        };
        for by in v.by.get_ref() {
            let symbol = |f: &&Field| f.name.get_ref() == by && *f.ty.get_ref() == Type::Symbol;
            if by != "node" && !entity.fields.iter().any(|f| symbol(&f)) {
                self.add(&v.file, &v.by, format!("`{by}` is no symbol of the entity"));
            }
        }
        let raw_days = days(entity.retention.get_ref()).ok().flatten();
        let mut base_days = raw_days;
        let mut last = 0;
        for level in &v.levels {
            let first = last == 0;
            match bucket_seconds(level.bucket.get_ref()) {
                Ok(s) if s > last => last = s,
                Ok(_) => self.add(&v.file, &level.bucket, "levels go from fine to coarse".into()),
                Err(e) => self.add(&v.file, &level.bucket, e),
            }
            self.refresh(&v.file, &level.refresh, first);
            self.limit(&v.file, &level.refresh_limit, base_days);
            self.span(&v.file, "retention", &level.retention);
            base_days = days(level.retention.get_ref()).ok().flatten();
        }
        if let Some(h) = &v.histogram {
            self.refresh(&v.file, &h.refresh, true);
            self.limit(&v.file, &h.refresh_limit, raw_days);
            self.span(&v.file, "retention", &h.retention);
        }
    }

    fn refresh(&mut self, file: &Path, refresh: &Spanned<String>, first: bool) {
        let text = refresh.get_ref();
        let minutes = text.strip_prefix("every ").and_then(|t| t.strip_suffix('m'));
        let timed = minutes.and_then(|m| m.parse::<u32>().ok()).is_some_and(|m| m > 0 && m <= 60);
        if !timed && (first || text != "immediate") {
            let text = format!(
                "`{text}` is no refresh; the first level takes `every Nm`, the others `immediate` too"
            );
            self.add(file, refresh, text);
        }
    }

    /// A refresh limit must cover the accepted lateness, and must not reach beyond what the base
    /// still holds: there a refresh would wipe the bucket (`questdb.md` 6.6).
    fn limit(&mut self, file: &Path, limit: &Spanned<String>, base_days: Option<u32>) {
        self.span(file, "refresh limit", limit);
        if let (Ok(Some(limit_days)), Some(base)) = (days(limit.get_ref()), base_days)
            && limit_days > base
        {
            let text = format!(
                "refresh limit of {} reaches beyond the {base} d that its base keeps",
                limit.get_ref()
            );
            self.add(file, limit, text);
        }
    }
}
