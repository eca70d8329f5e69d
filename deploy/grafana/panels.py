"""What the dashboard shows: rows of panels, from "is it OK?" at the top to the engine at the bottom.

It knows the series' names (workers/wire.py, app/metrics.py, vLLM's own) and nothing of Grafana's JSON.
"""

from __future__ import annotations

from deploy.grafana.spec import WINDOW, Panel, Row, percentiles, quantile, rate, share

_RED_BELOW_ONE = ((None, "red"), (1.0, "green"))

# Each `or` answers where the one before has no sample: while Redis is down no workers are exported, and nothing at all
# while the API is.
CAN_RUN = "min(deskcheck_redis_up) * (min(deskcheck_workers) >= bool 1) or min(deskcheck_redis_up) or vector(0)"

OK = Row(
    "Is it OK?",
    (
        Panel(
            "Success ratio",
            (("deskcheck:jobs_success:ratio_rate5m", "succeeded"),),
            "percentunit",
            "Of the jobs that ended within five minutes, cancelled ones left out.",
            kind="stat",
            width=6,
            steps=((None, "red"), (0.95, "orange"), (0.995, "green")),
        ),
        Panel(
            "Can run jobs",
            ((CAN_RUN, "ready"),),
            "bool_yes_no",
            "The API and Redis answer and each queue has a live worker. /readyz also asks the engine.",
            kind="stat",
            width=6,
            steps=_RED_BELOW_ONE,
        ),
        Panel(
            "Live workers",
            (("deskcheck_workers", "{{queue}}"),),
            "short",
            "Worker processes heard of lately, by queue.",
            kind="stat",
            width=6,
            steps=_RED_BELOW_ONE,
        ),
        Panel(
            "Runs lost with their worker",
            (("sum(increase(deskcheck_jobs_abandoned_total[1h]))", "last hour"),),
            "short",
            "Jobs whose worker was killed while they ran. They are run again.",
            kind="stat",
            width=6,
            steps=((None, "green"), (1.0, "red")),
        ),
        Panel(
            "Job seconds",
            percentiles("deskcheck_job_seconds", "kind"),
            "s",
            "From start to end of one run, waiting in the queue not included.",
            width=12,
        ),
        Panel(
            "Jobs that ended",
            ((rate("deskcheck_jobs_total", "outcome"), "{{outcome}}"),),
            "reqps",
            "By final state.",
            width=12,
            stacked=True,
        ),
    ),
)

DEMAND = Row(
    "Demand",
    (
        Panel(
            "Arrivals",
            ((rate("deskcheck_jobs_submitted_total", "kind"), "{{kind}}"),),
            "reqps",
            "Jobs accepted.",
            stacked=True,
        ),
        Panel(
            "Queue depth",
            (("deskcheck_queue_depth", "{{queue}}"),),
            "short",
            "Jobs that wait for a worker.",
            stacked=True,
        ),
        Panel(
            "Jobs that have not ended",
            (("sum by (kind, state) (deskcheck_jobs_in_state)", "{{kind}} {{state}}"),),
            "short",
            "Running jobs at the number of workers and queued ones above zero: more workers would help.",
            stacked=True,
        ),
        Panel(
            "Oldest waiting job",
            (("deskcheck_queue_oldest_job_age_seconds", "{{queue}}"),),
            "s",
            "Its age. A job that reaches the queue's time limit expires unrun.",
        ),
        Panel(
            "Queue wait",
            percentiles("deskcheck_queue_wait_seconds", "kind"),
            "s",
            "From accepted to started.",
        ),
        Panel(
            "Rejections",
            ((rate("deskcheck_rejected_requests_total", "reason"), "{{reason}}"),),
            "reqps",
            "Requests answered with a problem document, by its type.",
            stacked=True,
        ),
    ),
)

TIME = Row(
    "Where time goes",
    (
        Panel(
            "Seconds spent in each phase, per second",
            ((rate("deskcheck_phase_seconds_sum", "phase"), "{{phase}}"),),
            "short",
            "Stacked: the height is the number of jobs that are in some phase at once.",
            width=12,
            stacked=True,
        ),
        Panel(
            "Phase seconds, p95",
            ((quantile(0.95, "deskcheck_phase_seconds", "phase"), "{{phase}}"),),
            "s",
            "Of one phase of one job.",
            width=12,
        ),
    ),
)

TOKENS = Row(
    "Tokens",
    (
        Panel(
            "Tokens per second",
            ((rate("deskcheck_tokens_total", "phase, direction"), "{{phase}} {{direction}}"),),
            "short",
            "Read (prompt) and written (completion) by the model for each phase.",
            width=12,
            stacked=True,
        ),
        Panel(
            "Tokens per succeeded solve job",
            (
                (
                    f'sum(rate(deskcheck_tokens_total{{phase!="predict"}}[{WINDOW}]))'
                    f' / sum(rate(deskcheck_jobs_total{{kind="solve", outcome="succeeded"}}[{WINDOW}]))',
                    "tokens",
                ),
            ),
            "short",
            "What a result costs; tokens are counted when a job succeeds, those of others are not in it.",
            width=12,
        ),
    ),
)

VERDICTS = Row(
    "Verdicts",
    (
        Panel(
            "Share of simulated runs",
            ((share("deskcheck_verdicts_total", "verdict"), "{{verdict}}"),),
            "percentunit",
            "A rising share of abstain means predictions cut off or unreadable: the ranking then rests on less.",
            width=12,
            stacked=True,
        ),
        Panel(
            "Simulated runs per second",
            ((rate("deskcheck_verdicts_total", "verdict"), "{{verdict}}"),),
            "reqps",
            "Candidate × test pairs judged.",
            width=12,
            stacked=True,
        ),
    ),
)

ENGINE = Row(
    "Engine (the last four panels: vLLM only)",
    (
        Panel(
            "Requests",
            (
                ("sum(vllm:num_requests_running) or sum(deskcheck_engine_requests_running)", "running"),
                ("sum(vllm:num_requests_waiting) or sum(deskcheck_engine_requests_waiting)", "waiting"),
            ),
            "short",
            "Waiting requests mean that the engine, not the number of workers, is the limit.",
            width=12,
        ),
        Panel(
            "Tokens per second",
            (
                (f"sum(rate(vllm:prompt_tokens_total[{WINDOW}]))", "prompt"),
                (
                    f"sum(rate(vllm:generation_tokens_total[{WINDOW}]))"
                    f" or sum(rate(deskcheck_engine_generated_tokens[{WINDOW}]))",
                    "generated",
                ),
            ),
            "short",
            "As the engine counts them; the embedded engine counts generated ones only.",
            width=12,
        ),
        Panel(
            "KV cache in use",
            (("max(vllm:kv_cache_usage_perc)", "fullest engine"),),
            "percentunit",
            "Near 100 % requests are preempted and computed again.",
            width=6,
        ),
        Panel(
            "Prefix cache hits",
            (
                (
                    f"sum(rate(vllm:prefix_cache_hits_total[{WINDOW}]))"
                    f" / sum(rate(vllm:prefix_cache_queries_total[{WINDOW}]))",
                    "hit share",
                ),
            ),
            "percentunit",
            "Prompt tokens that did not have to be computed.",
            width=6,
        ),
        Panel(
            "Request seconds",
            (
                (quantile(0.95, "vllm:e2e_request_latency_seconds"), "whole request p95"),
                (quantile(0.95, "vllm:time_to_first_token_seconds"), "first token p95"),
                (quantile(0.95, "vllm:request_queue_time_seconds"), "waiting p95"),
            ),
            "s",
            "Seen from inside the engine.",
            width=6,
        ),
        Panel(
            "Preemptions",
            ((f"sum(rate(vllm:num_preemptions_total[{WINDOW}]))", "preemptions"),),
            "reqps",
            "Requests thrown out of the KV cache; above zero for long, lower the concurrency.",
            width=6,
        ),
    ),
)

ROWS = (OK, DEMAND, TIME, TOKENS, VERDICTS, ENGINE)
