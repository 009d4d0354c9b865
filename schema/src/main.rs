//! `naap-schema`: checks the declarations and writes what is made of them.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use naap_schema::declare::{self, Problem};
use naap_schema::emit;

/// Every entity, metric and view of NaaP, declared once in schema/*.toml.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The repository.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks declarations, lock and generated files; changes nothing.
    Check,
    /// Writes the generated files; what is new goes into the lock and a new migration.
    Emit,
    /// Prints one entity, or the names of all.
    Print {
        /// Name of the entity.
        entity: Option<String>,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        Command::Check => check(&args.root),
        Command::Emit => write(&args.root),
        Command::Print { entity } => print(entity.as_deref()),
    };
    match result {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for p in &problems {
                eprintln!("{p}");
            }
            eprintln!("{} problem(s)", problems.len());
            ExitCode::FAILURE
        }
    }
}

fn check(root: &Path) -> Result<String, Vec<Problem>> {
    let declarations = declare::read(&root.join("schema"))?;
    let files = emit::all(root, &declarations)?;
    let stale: Vec<Problem> = files
        .iter()
        .filter(|(path, bytes)| std::fs::read(root.join(path)).ok().as_ref() != Some(*bytes))
        .map(|(path, _)| Problem {
            file: path.clone(),
            line: 0,
            text: "does not match the declarations; run `naap-schema emit` and commit".into(),
        })
        .collect();
    if stale.is_empty() {
        let entities = declarations.entities.len();
        let fields: usize = declarations.entities.iter().map(|e| e.fields.len()).sum();
        Ok(format!("{entities} entities, {fields} fields, {} files: all in order", files.len()))
    } else {
        Err(stale)
    }
}

fn write(root: &Path) -> Result<String, Vec<Problem>> {
    let declarations = declare::read(&root.join("schema"))?;
    let mut written = 0;
    for (path, bytes) in emit::all(root, &declarations)? {
        let file = root.join(&path);
        if std::fs::read(&file).ok().as_ref() == Some(&bytes) {
            continue;
        }
        let made = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&file, bytes)).map_err(|e| {
            vec![Problem { file: path, line: 0, text: format!("cannot be written: {e}") }]
        })?;
        written += 1;
    }
    Ok(format!("{written} file(s) written"))
}

fn print(entity: Option<&str>) -> Result<String, Vec<Problem>> {
    let Some(name) = entity else {
        let names: Vec<&str> = naap_schema::ENTITIES.iter().map(|e| e.name).collect();
        return Ok(names.join("\n"));
    };
    let Some(entity) = naap_schema::entity(name) else {
        let text = format!("there is no entity `{name}`; `naap-schema print` lists them");
        return Err(vec![Problem { file: "schema/entities".into(), line: 0, text }]);
    };
    let mut out = format!("{} ({})\n{}", entity.name, entity.number, entity.description);
    for f in entity.fields {
        out += &format!("\n  {:<3} {:<28} {:<10} {}", f.number, f.name, f.ty.name(), f.unit);
    }
    Ok(out)
}
