//! From the schema and a line of the table to a route: its columns, its parameters, and the GraphQL
//! document that is sent. Values are always variables, never parts of a document.

use async_graphql::parser::types::{FieldDefinition, InputValueDefinition};

use super::table::Def;
use crate::limits;
use crate::sdl::{Is, Sdl, core, one_line, snake};

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, an id, a word, or a number with more digits than others have.
    Text,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// A time, UTC.
    Time,
    /// A list of texts.
    Texts,
}

/// Where a cell comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// From the row's own object.
    Row(Vec<String>),
    /// From the object around it.
    Around(String),
    /// From the key of its group: a word of `Dimension`.
    Key(String),
    /// Whether it is of the group that holds all groups beyond the largest.
    Other,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) about: Option<String>,
    /// Of an enum.
    pub(super) words: Vec<String>,
    pub(super) from: Source,
}

/// Type of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Takes {
    /// Any text.
    Text,
    /// Several texts, each as a parameter of its own.
    Texts,
    /// A whole number from 1 to at most this.
    Int(usize),
    /// A number from 0 to at most this.
    Float(f64),
    /// True or false.
    Bool,
    /// A time.
    Time,
    /// One of these words, in any case.
    Word(Vec<String>),
    /// Several of these words, with commas between.
    Words(Vec<String>),
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) takes: Takes,
    pub(super) required: bool,
    pub(super) default: Option<String>,
    pub(super) about: Option<String>,
    /// Argument of the field, and the field of that argument if it has some.
    pub(super) to: (String, Option<String>),
    /// The word `ALL` is taken too, and stands for null.
    pub(super) all: bool,
}

impl Param {
    /// One that is not an argument of a field.
    pub(super) fn own(name: &str, takes: Takes, about: &str) -> Self {
        Self {
            name: name.to_owned(),
            takes,
            required: false,
            default: None,
            about: Some(about.to_owned()),
            to: (name.to_owned(), None),
            all: false,
        }
    }
}

/// What is asked of GraphQL, and what becomes a row of it.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) columns: Vec<Column>,
    pub(super) steps: Vec<String>,
    /// Beside the groups there is one of all groups beyond the largest.
    pub(super) other: bool,
    /// Fields beside the rows that say what they are.
    pub(super) meta: Vec<String>,
    pub(super) paged: bool,
    selection: String,
}

/// A route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) def: &'static Def,
    pub(super) about: String,
    pub(super) params: Vec<Param>,
    pub(super) shape: Shape,
    /// One row for each group and the whole window.
    pub(super) total: Option<Shape>,
    /// Arguments of the field with their types.
    args: Vec<(String, String)>,
}

/// The field with groups.
pub(super) const GROUPS: &str = "groups";
/// The field with the group of all others.
pub(super) const OTHER: &str = "other";
/// The word that `bucket` takes for the whole window.
pub(super) const TOTAL: &str = "TOTAL";
/// The word that stands for null, where that means everything.
pub(super) const ALL: &str = "ALL";
/// The parameter that chooses the format.
pub(super) const FORMAT: &str = "format";

impl Route {
    /// None where the schema has not what the line says.
    pub(super) fn new(sdl: &Sdl, def: &'static Def) -> Option<Self> {
        let field = sdl.field("Query", def.field)?;
        let shape = shape(sdl, field, def.steps, def.around)?;
        let total = match def.steps {
            ["groups", "points"] => shape_of_total(sdl, field, def),
            _ => None,
        };
        let mut params: Vec<Param> =
            field.arguments.iter().flat_map(|a| params_of(sdl, &a.node)).collect();
        if total.is_some()
            && let Some(bucket) = params.iter_mut().find(|p| p.name == "bucket")
            && let Takes::Word(words) = &mut bucket.takes
        {
            words.push(TOTAL.to_owned());
            bucket.about = Some(format!(
                "Width of the buckets; {TOTAL}: one row for each group, for the whole window."
            ));
        }
        let args = field.arguments.iter();
        let args = args.map(|a| (a.node.name.node.to_string(), a.node.ty.node.to_string()));
        let about = match def.steps.last() {
            Some(step) if !matches!(*step, "points" | "nodes") => {
                format!("{} {}", described(field), of_step(sdl, field, def))
            }
            _ => described(field),
        };
        let (args, about) = (args.collect(), about.trim().to_owned());
        Some(Self { def, about, params, shape, total, args })
    }

    /// The document that asks for this shape, with the arguments that are given.
    pub(super) fn document(&self, shape: &Shape, given: impl Fn(&str) -> bool) -> String {
        let given: Vec<_> = self.args.iter().filter(|(name, _)| given(name)).collect();
        let list = |of: &dyn Fn(&(String, String)) -> String| match given.is_empty() {
            true => String::new(),
            false => {
                format!("({})", given.iter().map(|a| of(a)).collect::<Vec<_>>().join(", "))
            }
        };
        let declared = list(&|(name, ty)| format!("${name}: {ty}"));
        let passed = list(&|(name, _)| format!("{name}: ${name}"));
        format!("query{declared} {{ {}{passed}{} }}", self.def.field, shape.selection)
    }
}

fn described(field: &FieldDefinition) -> String {
    field.description.as_ref().map(|d| one_line(&d.node)).unwrap_or_default()
}

/// What the rows are, where the field does not say it.
fn of_step(sdl: &Sdl, field: &FieldDefinition, def: &Def) -> String {
    let mut ty = core(&field.ty.node).0;
    for step in def.steps {
        match sdl.field(ty, step) {
            Some(next) => ty = core(&next.ty.node).0,
            None => return String::new(),
        }
    }
    sdl.about(ty).map(|about| format!("A row: {about}")).unwrap_or_default()
}

fn kind_of(ty: &str) -> Kind {
    match ty {
        "Int" => Kind::Int,
        "Float" => Kind::Float,
        "Boolean" => Kind::Bool,
        "Time" => Kind::Time,
        _ => Kind::Text,
    }
}

fn shape(
    sdl: &Sdl,
    field: &FieldDefinition,
    steps: &[&str],
    around: &[(&str, &str)],
) -> Option<Shape> {
    let (root, listed) = core(&field.ty.node);
    let mut selection = Selection::default();
    let (mut ty, mut before) = (root, None);
    for step in steps {
        before = Some(ty);
        ty = core(&sdl.field(ty, step)?.ty.node).0;
    }
    let other = !listed && has_other(sdl, root, steps);
    let at = |name: &str| -> Vec<String> {
        let steps = steps.iter().rev().skip(1).rev().map(|s| (*s).to_owned());
        steps.chain([name.to_owned()]).collect()
    };
    let mut columns = Vec::new();
    if let Some(around_it) = before {
        for (name, column) in around {
            let field = sdl.field(around_it, name)?;
            let mut column = leaf(sdl, field, (*column).to_owned(), Source::Around((*name).into()));
            // What an older row lacks is not known.
            column.nullable = true;
            columns.push(column);
            selection.add(&at(name));
        }
        if sdl.field(around_it, "key").is_some_and(|k| core(&k.ty.node) == ("GroupKey", true)) {
            columns.extend(keys(sdl));
            columns.extend(other.then(of_other));
            selection.add(&[at("key"), vec!["dimension".to_owned()]].concat());
            selection.add(&[at("key"), vec!["value".to_owned()]].concat());
        }
    }
    let steps: Vec<String> = steps.iter().map(|s| (*s).to_owned()).collect();
    let from = columns.len();
    flatten(sdl, ty, &[], false, &mut columns);
    for column in columns.iter().skip(from) {
        if let Source::Row(path) = &column.from {
            selection.add(&[steps.clone(), path.clone()].concat());
        }
    }
    let mut meta = Vec::new();
    let mut paged = false;
    if !steps.is_empty() && !listed {
        let plain = |f: &&FieldDefinition| {
            let (ty, list) = core(&f.ty.node);
            !list && f.arguments.is_empty() && sdl.is(ty) == Is::Leaf
        };
        meta.extend(sdl.fields(root).filter(plain).map(|f| f.name.node.to_string()));
        meta.iter().for_each(|name| selection.add(std::slice::from_ref(name)));
        paged = sdl.field(root, "pageInfo").is_some();
        for name in ["hasNextPage", "endCursor"].iter().filter(|_| paged) {
            selection.add(&["pageInfo".to_owned(), (*name).to_owned()]);
        }
    }
    if other {
        selection.add_again(GROUPS, OTHER);
    }
    let selection = selection.to_string();
    (columns.len() > from).then_some(Shape { columns, steps, other, meta, paged, selection })
}

/// Whether the groups beyond the largest are there as one, of the same form.
fn has_other(sdl: &Sdl, root: &str, steps: &[&str]) -> bool {
    let form = |name: &str| sdl.field(root, name).map(|f| core(&f.ty.node).0);
    steps.first() == Some(&GROUPS) && form(OTHER).is_some() && form(OTHER) == form(GROUPS)
}

fn of_other() -> Column {
    Column {
        name: OTHER.to_owned(),
        kind: Kind::Bool,
        nullable: false,
        about: Some("All groups beyond the largest, together: it has no key.".to_owned()),
        words: Vec::new(),
        from: Source::Other,
    }
}

fn shape_of_total(sdl: &Sdl, field: &FieldDefinition, def: &Def) -> Option<Shape> {
    let mut total = shape(sdl, field, &[GROUPS, "total"], def.around)?;
    // There are no buckets in it.
    total.meta.retain(|name| name != "bucket");
    Some(total)
}

/// One column for each dimension that figures can be grouped by.
fn keys(sdl: &Sdl) -> Vec<Column> {
    let column = |word: String| Column {
        name: word.to_lowercase(),
        kind: Kind::Text,
        nullable: true,
        about: Some("If grouped by it; null: unknown, or not resolved.".to_owned()),
        words: Vec::new(),
        from: Source::Key(word),
    };
    sdl.words("Dimension").into_iter().map(column).collect()
}

fn leaf(sdl: &Sdl, field: &FieldDefinition, name: String, from: Source) -> Column {
    let (ty, list) = core(&field.ty.node);
    Column {
        name,
        kind: if list { Kind::Texts } else { kind_of(ty) },
        nullable: field.ty.node.nullable,
        about: field.description.as_ref().map(|d| one_line(&d.node)),
        words: sdl.words(ty),
        from,
    }
}

/// Plain fields as columns, and those of objects in them. Lists of objects are left out, as they are
/// rows of their own; so are things that have ids, fields that take arguments, and lists further in.
fn flatten(sdl: &Sdl, ty: &str, path: &[String], nullable: bool, columns: &mut Vec<Column>) {
    for field in sdl.fields(ty).filter(|f| f.arguments.is_empty()) {
        let (inner, list) = core(&field.ty.node);
        let path: Vec<String> = path.iter().cloned().chain([field.name.node.to_string()]).collect();
        match sdl.is(inner) {
            Is::Leaf if list && (path.len() > 1 || kind_of(inner) != Kind::Text) => {}
            Is::Leaf => {
                let name = path.iter().map(|p| snake(p)).collect::<Vec<_>>().join("_");
                let mut column = leaf(sdl, field, name, Source::Row(path));
                column.nullable |= nullable;
                columns.push(column);
            }
            Is::Object if !list && path.len() < limits::REST_DEPTH => {
                let of_its_own = ["id", "pageInfo"].iter().any(|n| sdl.field(inner, n).is_some());
                if !of_its_own {
                    flatten(sdl, inner, &path, nullable || field.ty.node.nullable, columns);
                }
            }
            Is::Object | Is::Other => {}
        }
    }
}

/// The parameters that an argument becomes.
fn params_of(sdl: &Sdl, arg: &InputValueDefinition) -> Vec<Param> {
    let name = arg.name.node.to_string();
    let ty = core(&arg.ty.node).0;
    let fields: Vec<&InputValueDefinition> = sdl.inputs(ty).collect();
    if fields.is_empty() {
        return vec![param(sdl, arg, (name, None))];
    }
    let to = |f: &InputValueDefinition| (name.clone(), Some(f.name.node.to_string()));
    fields.into_iter().map(|f| param(sdl, f, to(f))).collect()
}

fn param(sdl: &Sdl, value: &InputValueDefinition, to: (String, Option<String>)) -> Param {
    let name = value.name.node.to_string();
    let (ty, list) = core(&value.ty.node);
    let words = sdl.words(ty);
    let takes = match (ty, words.is_empty()) {
        (_, false) if list => Takes::Words(words),
        (_, false) => Takes::Word(words),
        ("Int", _) if name == "first" => Takes::Int(limits::PAGE),
        ("Int", _) if name == "top" => Takes::Int(limits::GROUPS),
        ("Int", _) => Takes::Int(limits::GROUP_ROWS),
        ("Float", _) => Takes::Float(f64::MAX),
        ("Boolean", _) => Takes::Bool,
        ("Time", _) => Takes::Time,
        _ if list => Takes::Texts,
        _ => Takes::Text,
    };
    let default = value.default_value.as_ref().map(|d| d.node.to_string());
    Param {
        required: !value.ty.node.nullable && default.is_none(),
        all: value.ty.node.nullable && default.is_some() && matches!(takes, Takes::Word(_)),
        about: value.description.as_ref().map(|d| one_line(&d.node)),
        name,
        takes,
        default,
        to,
    }
}

/// What is selected, in order.
#[derive(Debug, Default, Clone)]
struct Selection(Vec<(String, Selection)>);

impl Selection {
    fn add(&mut self, path: &[String]) {
        let Some((first, rest)) = path.split_first() else { return };
        let at = self.0.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
            self.0.push((first.clone(), Self::default()));
            self.0.len() - 1
        });
        if let Some((_, inner)) = self.0.get_mut(at) {
            inner.add(rest);
        }
    }
}

impl Selection {
    /// What is selected of one field, of another too.
    fn add_again(&mut self, field: &str, of: &str) {
        let same = self.0.iter().find(|(name, _)| name == field).map(|(_, inner)| inner.clone());
        self.0.extend(same.map(|inner| (of.to_owned(), inner)));
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        f.write_str(" {")?;
        for (name, inner) in &self.0 {
            write!(f, " {name}{inner}")?;
        }
        f.write_str(" }")
    }
}
