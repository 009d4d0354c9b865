//! Where a node can stand: a closed list, so that regions can be filtered and pooled
//! (`definitions.md` 1). A region is coarse on purpose: it names no place that could be visited.

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The word in configurations and rows.
    pub name: &'static str,
    /// Which places it means.
    pub covers: &'static str,
}

const fn region(name: &'static str, covers: &'static str) -> Region {
    Region { name, covers }
}

/// All regions, by continent. Names are never taken back or given another meaning; new ones are
/// added.
pub const REGIONS: &[Region] = &[
    region("us-east", "United States, east coast"),
    region("us-central", "United States, middle"),
    region("us-south", "United States, Texas and the south"),
    region("us-west", "United States, west coast and mountains"),
    region("ca-east", "Canada, Ontario and east of it"),
    region("ca-west", "Canada, west of Ontario"),
    region("mx-central", "Mexico and Central America"),
    region("sa-east", "Brazil and the east of South America"),
    region("sa-west", "Chile, Peru, Colombia and the west of South America"),
    region("eu-north", "Nordic and Baltic countries"),
    region("eu-west", "United Kingdom, Ireland, France, Benelux"),
    region("eu-central", "Germany, Austria, Switzerland, Poland, Czechia"),
    region("eu-south", "Italy, Spain, Portugal, Greece"),
    region("eu-east", "Romania, Bulgaria, Ukraine and east of them"),
    region("me-west", "Turkey, Israel, Jordan, Egypt"),
    region("me-central", "Arabian peninsula and Gulf"),
    region("af-north", "Africa north of the Sahara, without Egypt"),
    region("af-west", "Nigeria, Ghana and the west of Africa"),
    region("af-east", "Kenya and the east of Africa"),
    region("af-south", "South Africa and the south of Africa"),
    region("ap-central", "Kazakhstan and Central Asia"),
    region("ap-south", "India and its neighbours"),
    region("ap-southeast", "Singapore, Indonesia, Thailand, Vietnam, Philippines"),
    region("ap-east", "China, Hong Kong, Taiwan"),
    region("ap-northeast", "Japan and Korea"),
    region("au-east", "Australia, east"),
    region("au-west", "Australia, west"),
    region("nz-north", "New Zealand and the Pacific"),
];

/// The region of this name.
pub fn find(name: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|r| r.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::AGENT;

    #[test]
    fn names_are_short_words_and_there_once() {
        let limit = AGENT.fields[AGENT.field_index("region").unwrap()].max_len;
        for r in REGIONS {
            let word = |c: u8| c.is_ascii_lowercase() || c == b'-';
            assert!(r.name.bytes().all(word) && r.name.len() <= limit, "{r:?}");
            assert_eq!(REGIONS.iter().filter(|o| o.name == r.name).count(), 1, "{r:?}");
            assert!(!r.covers.is_empty());
        }
        assert_eq!(find("eu-central").map(|r| r.name), Some("eu-central"));
        assert_eq!(find("EU Central"), None);
    }
}
