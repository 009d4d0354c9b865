//! The charts by name.

use super::{Draw, Line, Panel, What};
use crate::text::Unit;
use crate::view::Dimension;

const fn line(name: &'static str, path: &'static str) -> Line {
    Line { name, path, over: None, n: None }
}

const fn of(name: &'static str, path: &'static str, n: &'static str) -> Line {
    Line { name, path, over: None, n: Some(n) }
}

const SUCCESS: Line = Line {
    name: "served / requested",
    path: "served",
    over: Some("requested"),
    n: Some("requested"),
};
const REQUESTED: Line = line("requested", "requested");
const MINUTES: Line = line("minutes", "minutes");

const fn demand(lines: &'static [Line], stacked: bool, target: Option<f64>) -> Draw {
    Draw::Lines { what: What::Demand, lines, stacked, target }
}

const fn supply(lines: &'static [Line], stacked: bool) -> Draw {
    Draw::Lines { what: What::Supply, lines, stacked, target: None }
}

const fn panel(
    id: &'static str,
    title: &'static str,
    term: &'static str,
    unit: Unit,
    draw: Draw,
    says: &'static str,
) -> Panel {
    Panel { id, title, says, term, unit, draw }
}

/// All of them.
pub(crate) const PANELS: &[Panel] = &[
    panel(
        "requests",
        "Requested sessions, by what became of them",
        "demand",
        Unit::Count,
        demand(
            &[
                line("served", "served"),
                line("failed", "failed"),
                line("no orchestrator", "unserved"),
            ],
            true,
            None,
        ),
        "Live video sessions by the time of their request: served (three segments came back), failed, or without an orchestrator. Sessions that ended early for a reason that nobody is held to are left out.",
    ),
    panel(
        "requested",
        "Requested sessions",
        "demand",
        Unit::Count,
        demand(&[REQUESTED], true, None),
        "Live video sessions that were served, failed, or found no orchestrator, by the time of their request.",
    ),
    panel(
        "success",
        "Success rate",
        "demand",
        Unit::Share,
        demand(&[SUCCESS], false, Some(0.99)),
        "Sessions served / sessions requested. The dashed line is the target of 99 %. Thin stretches and pale dots rest on fewer than 10 sessions: one failure moves them far.",
    ),
    panel(
        "minutes",
        "Minutes streamed",
        "demand",
        Unit::Minutes,
        demand(&[MINUTES], true, None),
        "Minutes from the first processed segment of a session to its end, split at the borders of the buckets.",
    ),
    panel(
        "missing",
        "Missing minutes, at most",
        "missing-capacity",
        Unit::Minutes,
        demand(&[line("missing minutes", "missingMinutes")], true, None),
        "Requests that found no orchestrator × the median minutes of the model’s served sessions of the 7 days before. Clients try again, so this is an upper bound. Unknown where fewer than 20 sessions tell the median.",
    ),
    panel(
        "unserved",
        "Requests without an orchestrator",
        "missing-capacity",
        Unit::Count,
        demand(&[line("no orchestrator", "unserved")], true, None),
        "Sessions for which the gateway found no orchestrator. They are demand that nobody met, and no orchestrator’s failure.",
    ),
    panel(
        "fees",
        "Fees, expected value",
        "fees",
        Unit::Eth,
        demand(&[line("fees", "feesEth")], true, None),
        "Face value × win probability × tickets of the payments that gateways sent: what is to be expected, not what was redeemed on chain.",
    ),
    panel(
        "swaps",
        "Swaps",
        "sessions",
        Unit::Count,
        demand(&[line("swaps", "swaps")], true, None),
        "How often a gateway moved a running session to another orchestrator.",
    ),
    panel(
        "interrupted",
        "Interrupted sessions",
        "sessions",
        Unit::Share,
        demand(&[of("interrupted", "interruptedRate", "servedClosed")], false, None),
        "Of the served sessions that are closed, the share that ended by a failed swap, an error or silence rather than by their client.",
    ),
    panel(
        "jitter",
        "Jitter of the output",
        "sessions",
        Unit::Number,
        demand(&[of("jitter", "jitterCoefficient.mean", "jitterCoefficient.n")], false, Some(0.1)),
        "Spread / mean of the frames per second that came out, mean over sessions. At most 0.1 is the target. A change of the input’s rate is in it.",
    ),
    panel(
        "startup",
        "Start-up time",
        "sessions",
        Unit::Ms,
        Draw::Percentiles { measure: "STARTUP" },
        "From the request to the first processed segment. The first segment may be a loading picture. p50: half of the sessions were quicker; p95: 19 of 20.",
    ),
    panel(
        "playable",
        "Time until it plays",
        "sessions",
        Unit::Ms,
        Draw::Percentiles { measure: "TIME_TO_PLAYABLE" },
        "From the request to the third processed segment: what a viewer waits. It holds the gateway’s search for an orchestrator, too.",
    ),
    panel(
        "first-frame",
        "Prompt to first frame",
        "sessions",
        Unit::Ms,
        Draw::Percentiles { measure: "PROMPT_TO_FIRST_FRAME" },
        "From the earliest start of the runner to the third processed segment. Two clocks are in it; where they are more than a second apart it is unknown.",
    ),
    panel(
        "latency",
        "End-to-end media latency",
        "sessions",
        Unit::Ms,
        Draw::Percentiles { measure: "E2E_MEDIA" },
        "How far the output is behind the input, measured in the media at the gateway by one clock. Only newer gateways measure it.",
    ),
    panel(
        "fps",
        "Output frames per second",
        "sessions",
        Unit::Fps,
        Draw::Percentiles { measure: "OUTPUT_FPS" },
        "Mean frames per second of a session’s output, from its first frame on.",
    ),
    panel(
        "job-duration",
        "Duration of jobs",
        "jobs",
        Unit::Ms,
        Draw::Percentiles { measure: "JOB_DURATION" },
        "Batch, LLM and bring-your-own-container jobs, from request to answer. Only forks of go-livepeer send events of jobs.",
    ),
    panel(
        "first-token",
        "Time to the first token",
        "jobs",
        Unit::Ms,
        Draw::Percentiles { measure: "FIRST_TOKEN" },
        "LLM jobs, from request to the first token. Only forks of go-livepeer send events of jobs.",
    ),
    panel(
        "startup-spread",
        "Start-up time against the cohort",
        "sessions",
        Unit::Ms,
        Draw::Spread { measure: "STARTUP" },
        "The window’s distribution (● p50, ▮ p95, ╷ p99) beside that of all who did the same work. Values are exact to 2 %.",
    ),
    panel(
        "first-frame-spread",
        "Prompt to first frame against the cohort",
        "sessions",
        Unit::Ms,
        Draw::Spread { measure: "PROMPT_TO_FIRST_FRAME" },
        "The window’s distribution (● p50, ▮ p95, ╷ p99) beside that of all who did the same work. This is what the SLA score compares.",
    ),
    panel(
        "latency-spread",
        "Media latency against the cohort",
        "sessions",
        Unit::Ms,
        Draw::Spread { measure: "E2E_MEDIA" },
        "The window’s distribution (● p50, ▮ p95, ╷ p99) beside that of all who did the same work. This is what the SLA score compares.",
    ),
    panel(
        "fps-spread",
        "Output frames against the cohort",
        "sessions",
        Unit::Fps,
        Draw::Spread { measure: "OUTPUT_FPS" },
        "The window’s distribution (● p50, ▮ p95, ╷ p99) beside that of all who did the same work. More is better here.",
    ),
    panel(
        "slots",
        "Slots on offer and idle",
        "supply",
        Unit::Number,
        supply(&[line("slots", "slots"), line("idle", "idleSlots")], false),
        "What orchestrators say that they can run at once, as a mean over time. Time without a report counts as none. Reports come every 25 minutes; rows above 64 slots are implausible and left out.",
    ),
    panel(
        "orchestrators-online",
        "Orchestrators on offer",
        "supply",
        Unit::Count,
        supply(&[line("orchestrators", "orchestrators")], false),
        "Orchestrators that a capability report held for at any time of the bucket.",
    ),
    panel(
        "warm",
        "Models that are loaded",
        "supply",
        Unit::Share,
        supply(&[line("warm", "warmRatio")], false),
        "Share of the reported time of model rows with the model loaded. A cold model has to be loaded before a session plays.",
    ),
    panel(
        "gpu-hours",
        "GPU hours on offer",
        "supply",
        Unit::Hours,
        Draw::Groups {
            what: What::Supply,
            line: line("GPU hours", "gpuHours"),
            by: Dimension::Gpu,
            stacked: true,
        },
        "GPUs × time by name of the GPU, from capability reports. A gap of more than 50 minutes between reports gives none. Three of four orchestrators tell nothing of their hardware.",
    ),
    panel(
        "models",
        "Minutes by model",
        "demand",
        Unit::Minutes,
        Draw::Groups { what: What::Demand, line: MINUTES, by: Dimension::Model, stacked: true },
        "Minutes streamed, by model: the six with the most requests.",
    ),
    panel(
        "regions",
        "Requested sessions by region",
        "demand",
        Unit::Count,
        Draw::Groups { what: What::Demand, line: REQUESTED, by: Dimension::Region, stacked: true },
        "By the region of the gateway that reported the session, from its agent’s configuration. Nothing is guessed from addresses.",
    ),
    panel(
        "region-success",
        "Success by region and workflow",
        "demand",
        Unit::Share,
        Draw::Heat { line: SUCCESS, rows: Dimension::Region, columns: Dimension::Model },
        "Sessions served / requested. Hatched cells rest on fewer than 10 sessions; an empty cell means that nobody asked, not that it failed.",
    ),
    panel(
        "region-demand",
        "Requests by region and workflow",
        "demand",
        Unit::Count,
        Draw::Heat { line: REQUESTED, rows: Dimension::Region, columns: Dimension::Model },
        "Requested sessions of the window. An empty cell means that nobody asked.",
    ),
    panel(
        "region-missing",
        "Missing capacity by region and workflow",
        "missing-capacity",
        Unit::Count,
        Draw::Heat {
            line: Line {
                name: "no orchestrator",
                path: "unserved",
                over: None,
                n: Some("requested"),
            },
            rows: Dimension::Region,
            columns: Dimension::Model,
        },
        "Requests that found no orchestrator. Where these stand, more orchestrators would have had work.",
    ),
    panel(
        "top-models",
        "Models by minutes",
        "demand",
        Unit::Minutes,
        Draw::Rank { what: What::Demand, line: MINUTES, by: Dimension::Model },
        "Minutes of the window, by model; the ones with the most requests.",
    ),
    panel(
        "top-gateways",
        "Gateways by requests",
        "demand",
        Unit::Count,
        Draw::Rank { what: What::Demand, line: REQUESTED, by: Dimension::Gateway },
        "Requested sessions of the window, by the node that reported them.",
    ),
    panel(
        "gateway-success",
        "Success by gateway",
        "demand",
        Unit::Share,
        Draw::Rank { what: What::Demand, line: SUCCESS, by: Dimension::Gateway },
        "Sessions served / requested. A gateway chooses whom it asks, so this tells of its choice as much as of the network.",
    ),
    panel(
        "model-success",
        "Success by model",
        "demand",
        Unit::Share,
        Draw::Rank { what: What::Demand, line: SUCCESS, by: Dimension::Model },
        "Sessions served / requested. Pale bars rest on fewer than 10 sessions.",
    ),
    panel(
        "model-missing",
        "Requests without an orchestrator, by model",
        "missing-capacity",
        Unit::Count,
        Draw::Rank {
            what: What::Demand,
            line: line("no orchestrator", "unserved"),
            by: Dimension::Model,
        },
        "Sessions of the window for which no orchestrator was found.",
    ),
    panel(
        "model-slots",
        "Slots by model",
        "supply",
        Unit::Number,
        Draw::Rank { what: What::Supply, line: line("slots", "slots"), by: Dimension::Model },
        "Slots that orchestrators report for a model, mean over the window. Live models on external runners tell none.",
    ),
    panel(
        "gpus",
        "GPU hours by name",
        "supply",
        Unit::Hours,
        Draw::Rank { what: What::Supply, line: line("GPU hours", "gpuHours"), by: Dimension::Gpu },
        "GPUs × time in the window, by name, from capability reports.",
    ),
    panel(
        "days",
        "Ninety days",
        "targets",
        Unit::Share,
        Draw::Days,
        "One bar a day: high, at least 99 % of the requests were served; lower, at least 95 %; half, less. Low grey bars: on offer and not asked; a dash: no data. Height says the same as colour.",
    ),
    panel(
        "score",
        "SLA score",
        "sla-score",
        Unit::Score,
        Draw::Scores,
        "Scores of 0 to 100, one line for each model and region, each over the 24 hours (or 7 days) before its time. Below 10 requested legs there is none. Scores are never averaged.",
    ),
    panel(
        "costs",
        "What each term took from the score",
        "sla-score",
        Unit::Score,
        Draw::Costs,
        "Points that each term took from 100, of the newest score. They add up to 100 − score.",
    ),
    panel(
        "prices",
        "Price of a minute of live video",
        "supply",
        Unit::Wei,
        Draw::Prices,
        "Price per pixel × 1280 × 720 × 30 frames × 60 s: an assumption, since no report says the resolution. By orchestrator and model; the first six.",
    ),
    panel(
        "node-cpu",
        "Processor, share that is busy",
        "machines",
        Unit::Share,
        Draw::Node {
            field: "hostSeries",
            list: "host",
            lines: &[line("busy", "cpuBusyRatio.mean")],
        },
        "Share of the time that the machine’s processors were busy, mean over the bucket, as its agent samples it every 10 s.",
    ),
    panel(
        "node-memory",
        "Memory in use",
        "machines",
        Unit::Bytes,
        Draw::Node {
            field: "hostSeries",
            list: "host",
            lines: &[line("used", "memUsedBytes.mean")],
        },
        "Memory that is neither free nor reclaimable, mean over the bucket, as the machine’s agent samples it every 10 s.",
    ),
    panel(
        "node-traffic",
        "Traffic with others",
        "machines",
        Unit::Bits,
        Draw::Node {
            field: "interfaceSeries",
            list: "interface",
            lines: &[line("in", "rxBytes.perSecond"), line("out", "txBytes.perSecond")],
        },
        "What went through the machine’s network interfaces, per second. What stays within the machine (loopback) is left out.",
    ),
];
