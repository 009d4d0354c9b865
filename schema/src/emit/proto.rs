//! The Rust of the wire messages, and their descriptors for reflection.

use std::path::Path;

use anyhow::{Context, Result};

use super::Files;

pub(super) fn generate(root: &Path, files: &mut Files) -> Result<()> {
    let include = root.join("schema/proto");
    let mut compiler = protox::Compiler::new([&include]).context("open schema/proto")?;
    compiler
        .include_source_info(true)
        .open_file("naap/v1/ingest.proto")
        .context("compile naap/v1/ingest.proto")?;
    let with_comments = compiler.file_descriptor_set();
    let out = tempdir()?;
    tonic_prost_build::configure()
        .out_dir(&out)
        .build_client(true)
        .build_server(true)
        .build_transport(false)
        .btree_map(".naap.v1")
        .compile_fds(with_comments)
        .context("generate Rust from naap/v1/ingest.proto")?;
    let rust = std::fs::read(out.join("naap.v1.rs")).context("read the generated Rust")?;
    std::fs::remove_dir_all(&out).context("remove the temporary folder")?;
    files.insert("schema/src/proto/naap.v1.rs".into(), rust);

    // Reflection needs no comments; without them the binary stays smaller.
    let mut compiler = protox::Compiler::new([&include])?;
    compiler.include_source_info(false).open_file("naap/v1/ingest.proto")?;
    files.insert("schema/src/proto/naap.v1.bin".into(), compiler.encode_file_descriptor_set());
    Ok(())
}

fn tempdir() -> Result<std::path::PathBuf> {
    let dir = std::env::temp_dir().join(format!("naap-schema-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&dir).with_context(|| format!("create {}", dir.display()))?;
    Ok(dir)
}
