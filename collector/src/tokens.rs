//! Who may deliver: tokens, of which only the hash is kept. It may read and write the tokens file;
//! it must never store, log or echo a token.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::watch;

use crate::{clock, limits};

const PREFIX: &str = "naap_";

/// Why the tokens cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name of a node.
    #[error(
        "node name {0:?} is not allowed: 1 to 64 of the characters A-Z a-z 0-9 . _ -, for example \"gateway-eu-1\""
    )]
    Name(String),
    /// The file system.
    #[error("{doing} {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What came of it.
        #[source]
        source: std::io::Error,
    },
    /// The file is too large.
    #[error(
        "tokens file {path} has more than {limit} bytes; revoke by editing it, or split it over collectors"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, bytes.
        limit: u64,
    },
    /// The content of the file.
    #[error("tokens file {path} is not understood")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: toml::de::Error,
    },
    /// One entry of the file.
    #[error("tokens file {path}, token {number} of node {node:?}: {wrong}")]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// Its node.
        node: String,
        /// What is wrong.
        wrong: &'static str,
    },
    /// The list cannot be written.
    #[error("the list of tokens cannot be written as TOML")]
    Encode(#[source] toml::ser::Error),
    /// Nothing to revoke.
    #[error(
        "node {node:?} has no token{with} that is not revoked; see `naap-collector token list`"
    )]
    NotFound {
        /// The node.
        node: String,
        /// Which one was asked for.
        with: String,
    },
}

/// One token, as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEntry {
    /// The node that it stands for.
    pub node: String,
    /// SHA-256 of the token, hex.
    pub sha256: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Rows up to a year old are taken with it.
    #[serde(default)]
    pub accept_old: bool,
    /// When it was revoked, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default, rename = "token")]
    tokens: Vec<TokenEntry>,
}

type Hash = [u8; 32];

/// Who is speaking.
#[derive(Debug, Clone)]
pub(crate) struct Speaker {
    pub(crate) node: Arc<str>,
    pub(crate) accept_old: bool,
    hash: Hash,
}

/// Which file is loaded: another one has another of these.
type Stamp = Option<(i64, i64, u64, u64)>;

#[derive(Debug, Default)]
struct Loaded {
    stamp: Stamp,
    speakers: Vec<Speaker>,
}

/// The tokens in force.
#[derive(Debug)]
pub(crate) struct Tokens {
    path: PathBuf,
    loaded: Mutex<Loaded>,
    changed: watch::Sender<()>,
}

impl Tokens {
    /// Reads the file; none is as an empty one.
    ///
    /// # Errors
    /// If there is one that cannot be read or understood.
    pub(crate) fn open(path: &Path) -> Result<Self, TokenError> {
        let stamp = stamp(path)?;
        let loaded = Loaded { stamp, speakers: speakers(path)? };
        if loaded.speakers.is_empty() {
            tracing::warn!(
                file = %path.display(),
                "no token is in force, so nobody can deliver; make one with `naap-collector token add NODE`"
            );
        }
        Ok(Self {
            path: path.to_owned(),
            loaded: Mutex::new(loaded),
            changed: watch::Sender::new(()),
        })
    }

    /// Who speaks with this token. A token that is not known makes the file be looked at, so that
    /// a new one works at once.
    pub(crate) fn speaker(&self, token: &str) -> Option<Speaker> {
        let hash = Sha256::digest(token.as_bytes()).into();
        self.find(&hash).or_else(|| {
            self.refresh();
            self.find(&hash)
        })
    }

    /// Whether the token of a speaker is still in force.
    pub(crate) fn holds(&self, speaker: &Speaker) -> bool {
        self.find(&speaker.hash).is_some_and(|s| s.node == speaker.node)
    }

    /// Is told each time the tokens change.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Looks at the file again and again; never returns.
    pub(crate) async fn watch(&self) {
        loop {
            tokio::time::sleep(limits::TOKENS_CHECK).await;
            self.refresh();
        }
    }

    /// Reads the file if it is another one than before. One that cannot be read changes nothing:
    /// a slip in an editor must not stop every node.
    pub(crate) fn refresh(&self) {
        let mut loaded = self.lock();
        let Ok(stamp) = stamp(&self.path) else { return };
        if stamp == loaded.stamp {
            return;
        }
        loaded.stamp = stamp;
        match speakers(&self.path) {
            Ok(speakers) => {
                tracing::info!(in_force = speakers.len(), "tokens read again");
                loaded.speakers = speakers;
                self.changed.send_replace(());
            }
            Err(e) => {
                let source = std::error::Error::source(&e).map(ToString::to_string);
                let why = source.unwrap_or_default();
                tracing::error!(error = %e, why, "the tokens from before stay in force");
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at every token, whichever it is, and at every byte of each, so that time tells nothing.
    /// What is compared are SHA-256 digests of 256 random bits: even one that is known in part leads
    /// to no token.
    fn find(&self, hash: &Hash) -> Option<Speaker> {
        let loaded = self.lock();
        let mut found = None;
        for speaker in &loaded.speakers {
            if bool::from(speaker.hash.ct_eq(hash)) {
                found = Some(speaker);
            }
        }
        found.cloned()
    }
}

/// Whether a node may have this name.
pub(crate) fn is_name(node: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=64).contains(&node.len()) && node.bytes().all(allowed)
}

/// Makes a token for a node and writes its hash into the file. Gives the token: it is nowhere
/// else.
///
/// # Errors
/// If the name is not allowed, or the file cannot be changed.
pub fn add(path: &Path, node: &str, accept_old: bool) -> Result<String, TokenError> {
    if !is_name(node) {
        return Err(TokenError::Name(node.chars().take(limits::QUOTED_CHARS).collect()));
    }
    let token = format!("{PREFIX}{}", hex::encode(rand::random::<[u8; 32]>()));
    let entry = TokenEntry {
        node: node.to_owned(),
        sha256: hex::encode(Sha256::digest(token.as_bytes())),
        created_at: clock::text(clock::now_us()),
        accept_old,
        revoked_at: None,
    };
    change(path, |content| {
        content.tokens.push(entry);
        Ok(())
    })?;
    Ok(token)
}

/// All tokens, as the file has them.
///
/// # Errors
/// If there is a file that cannot be read.
pub fn list(path: &Path) -> Result<Vec<TokenEntry>, TokenError> {
    Ok(read(path)?.tokens)
}

/// Revokes the tokens of a node; with `id`, only those whose hash begins so. Gives how many.
///
/// # Errors
/// If there is none, or the file cannot be changed.
pub fn revoke(path: &Path, node: &str, id: Option<&str>) -> Result<usize, TokenError> {
    change(path, |content| {
        let now = clock::text(clock::now_us());
        let mut count = 0;
        for token in &mut content.tokens {
            let meant = token.node == node && id.is_none_or(|id| token.sha256.starts_with(id));
            if meant && token.revoked_at.is_none() {
                token.revoked_at = Some(now.clone());
                count += 1;
            }
        }
        if count == 0 {
            let with = id.map(|id| format!(" with id {id:?}")).unwrap_or_default();
            return Err(TokenError::NotFound { node: node.to_owned(), with });
        }
        Ok(count)
    })
}

/// Changes the file as a whole: a reader sees the old one or the new one, and of two writers the
/// second waits.
fn change<T>(
    path: &Path,
    how: impl FnOnce(&mut Content) -> Result<T, TokenError>,
) -> Result<T, TokenError> {
    let failed = |doing| move |source| TokenError::File { doing, path: path.to_owned(), source };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed("making the folder of"))?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let lock = options.open(path.with_added_extension("lock")).map_err(failed("locking"))?;
    lock.lock().map_err(failed("locking"))?;
    let mut content = read(path)?;
    let result = how(&mut content)?;
    let text = toml::to_string(&content).map_err(TokenError::Encode)?;
    let new = path.with_added_extension("new");
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(failed("replacing an unfinished copy of")(e));
        }
        _ => {}
    }
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(failed("writing"))?;
    Ok(result)
}

fn stamp(path: &Path) -> Result<Stamp, TokenError> {
    match std::fs::metadata(path) {
        Ok(m) => Ok(Some((m.mtime(), m.mtime_nsec(), m.size(), m.ino()))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TokenError::File { doing: "looking at", path: path.to_owned(), source }),
    }
}

fn read(path: &Path) -> Result<Content, TokenError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Content::default()),
        Err(source) => {
            return Err(TokenError::File { doing: "opening", path: path.to_owned(), source });
        }
    };
    let mut text = String::new();
    file.take(limits::TOKENS_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|source| TokenError::File { doing: "reading", path: path.to_owned(), source })?;
    if text.len() as u64 > limits::TOKENS_BYTES {
        return Err(TokenError::TooLarge { path: path.to_owned(), limit: limits::TOKENS_BYTES });
    }
    toml::from_str(&text).map_err(|source| TokenError::Content { path: path.to_owned(), source })
}

fn speakers(path: &Path) -> Result<Vec<Speaker>, TokenError> {
    let mut out = Vec::new();
    for (i, token) in read(path)?.tokens.into_iter().enumerate() {
        let wrong = |wrong| TokenError::Entry {
            path: path.to_owned(),
            number: i + 1,
            node: token.node.chars().take(limits::QUOTED_CHARS).collect(),
            wrong,
        };
        if !is_name(&token.node) {
            return Err(wrong("the node has a name that is not allowed"));
        }
        let mut hash = Hash::default();
        hex::decode_to_slice(&token.sha256, &mut hash)
            .map_err(|_| wrong("sha256 is not 64 hex digits"))?;
        if token.revoked_at.is_none() {
            let node = Arc::from(token.node.as_str());
            out.push(Speaker { node, accept_old: token.accept_old, hash });
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_made_found_and_revoked_and_only_its_hash_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/tokens.toml");
        let tokens = Tokens::open(&path).unwrap();
        let one = add(&path, "gateway-1", false).unwrap();
        let two = add(&path, "gateway-1", true).unwrap();
        assert_eq!(one.len(), PREFIX.len() + 64);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(one.trim_start_matches(PREFIX)), "{text}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // Found without a restart, and without waiting for the next look.
        let first = tokens.speaker(&one).unwrap();
        let second = tokens.speaker(&two).unwrap();
        assert_eq!((&*first.node, first.accept_old), ("gateway-1", false));
        assert_eq!((&*second.node, second.accept_old), ("gateway-1", true));
        assert!(tokens.speaker("naap_0000").is_none());
        assert!(tokens.speaker("").is_none());

        let id: String = list(&path).unwrap()[0].sha256.chars().take(8).collect();
        assert_eq!(revoke(&path, "gateway-1", Some(&id)).unwrap(), 1);
        let changes = tokens.changes();
        tokens.refresh();
        assert!(changes.has_changed().unwrap());
        assert!(!tokens.holds(&first) && tokens.holds(&second));
        assert_eq!(revoke(&path, "gateway-1", None).unwrap(), 1);
        let none = revoke(&path, "gateway-1", None).unwrap_err().to_string();
        assert!(none.contains("gateway-1"), "{none}");
        assert!(list(&path).unwrap().iter().all(|t| t.revoked_at.is_some()));
    }

    #[test]
    fn a_digest_that_differs_in_one_bit_is_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.toml");
        let all: Vec<String> =
            (0..5).map(|i| add(&path, &format!("n{i}"), false).unwrap()).collect();
        let tokens = Tokens::open(&path).unwrap();
        for (i, token) in all.iter().enumerate() {
            let hash: Hash = Sha256::digest(token.as_bytes()).into();
            assert_eq!(&*tokens.find(&hash).unwrap().node, format!("n{i}"));
            for bit in 0..256 {
                let mut other = hash;
                other[bit / 8] ^= 1 << (bit % 8);
                assert!(tokens.find(&other).is_none(), "bit {bit}");
            }
        }
        assert!(tokens.find(&Hash::default()).is_none());
    }

    #[test]
    fn names_are_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.toml");
        let long = "x".repeat(65);
        for bad in ["", "a b", "<img>", "../x", "nöde", "a\n", long.as_str()] {
            assert!(matches!(add(&path, bad, false), Err(TokenError::Name(_))), "{bad:?}");
        }
        add(&path, "A.b_c-9", false).unwrap();
    }

    #[test]
    fn a_broken_file_stops_a_start_but_not_a_running_collector() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.toml");
        let token = add(&path, "a", false).unwrap();
        let tokens = Tokens::open(&path).unwrap();
        std::fs::write(&path, "[[token]]\nnode = ").unwrap();
        tokens.refresh();
        assert!(tokens.speaker(&token).is_some());
        assert!(matches!(Tokens::open(&path), Err(TokenError::Content { .. })));
        std::fs::write(&path, "[[token]]\nnode='a'\nsha256='12'\ncreated_at='x'\n").unwrap();
        let wrong = Tokens::open(&path).unwrap_err().to_string();
        assert!(wrong.contains("token 1") && wrong.contains("sha256"), "{wrong}");
    }

    #[test]
    fn two_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens.toml");
        std::thread::scope(|s| {
            for i in 0..8 {
                let path = &path;
                s.spawn(move || add(path, &format!("n{i}"), false).unwrap());
            }
        });
        assert_eq!(list(&path).unwrap().len(), 8);
    }
}
