/** How rows are drawn: bars by day, lines by week, or horizontal bars by name. */
export type Drawing = "days" | "weeks" | "bars";

/** A picture of the month, and the question that it answers. */
export interface Chart {
  readonly title: string;
  /** What is shown, in a sentence. */
  readonly about: string;
  readonly drawing: Drawing;
  /** What a value counts, such as `USD`. */
  readonly unit: string;
  /** Gives `at` (days and weeks) or `name` (bars), `value`, and `part` where a bar has parts or there are several lines. */
  readonly question: string;
}

/** That an instant is of the month: `first` and `after` are the month's bounds. */
const within = (instant: string) => `${instant} >= getvariable('first') and ${instant} < getvariable('after')`;

/** The figures at the head, of the month and of the one before. */
export const FIGURES: readonly { readonly title: string; readonly question: string }[] = [
  { title: "Registrations", question: `select count(*) from users where ${within("created_at")}` },
  {
    title: "Completed assessments",
    question: `select count(*) from assessments where status = 'completed' and ${within("completed_at")}`,
  },
  {
    title: "Mean band",
    question: `select round(avg(band_score), 2) from assessments where status = 'completed' and ${within("completed_at")}`,
  },
  {
    title: "Revenue in USD",
    question: `select coalesce(sum(entry.price_paid), 0)::double from (select unnest(ledger) as entry from entitlements)
where entry.refunded_at is null and ${within("entry.purchase_date")}`,
  },
  { title: "Tickets", question: `select count(*) from tickets where ${within("created_at")}` },
  {
    title: "Blocked or warned",
    question: `select count(*) from safety_logs where moderation_action <> 'none' and ${within("timestamp")}`,
  },
];

/** The month's pictures, in the order of the page. */
export const CHARTS: readonly Chart[] = [
  {
    title: "Registrations",
    about: "Accounts that were made each day, by whether their address is verified by now.",
    drawing: "days",
    unit: "accounts",
    question: `select date_trunc('day', created_at) as at, count(*) as value, if(email_verified, 'verified', 'not verified') as part
from users where ${within("created_at")} group by all order by all`,
  },
  {
    title: "Funnel",
    about: "What became of the accounts that were made in the month.",
    drawing: "bars",
    unit: "accounts",
    question: `unpivot (
  select count(*) as registered, count(*) filter (email_verified) as verified,
    count(*) filter (email in (select user_id from assessments)) as assessed,
    count(*) filter (email in (select user_email from entitlements)) as bought
  from users where ${within("created_at")}
) on columns(*) into name name value value`,
  },
  {
    title: "Completed assessments",
    about: "Assessments that were completed each day, by type.",
    drawing: "days",
    unit: "assessments",
    question: `select date_trunc('day', completed_at) as at, count(*) as value, assessment_type as part
from assessments where status = 'completed' and ${within("completed_at")} group by all order by all`,
  },
  {
    title: "Mean band by week",
    about: "Of completed assessments, over the twelve weeks up to the end of the month.",
    drawing: "weeks",
    unit: "band",
    question: `select date_trunc('week', completed_at) as at, round(avg(band_score), 2) as value, assessment_type as part
from assessments where status = 'completed' and completed_at < getvariable('after')
  and completed_at >= date_trunc('week', getvariable('after') - interval 12 weeks)
group by all order by all`,
  },
  {
    title: "Bands",
    about: "How many assessments of the month got which band.",
    drawing: "bars",
    unit: "assessments",
    question: `select 'band ' || floor(band_score)::int as name, count(*) as value,
  if(starts_with(assessment_type::varchar, 'speaking'), 'speaking', 'writing') as part
from assessments where status = 'completed' and ${within("completed_at")} group by all order by all`,
  },
  {
    title: "Begun and not completed",
    about: "Share of the assessments that were begun in the month.",
    drawing: "bars",
    unit: "percent",
    question: `select assessment_type as name, round(100.0 * count(*) filter (status <> 'completed') / count(*), 1) as value
from assessments where ${within("created_at")} group by all order by all`,
  },
  {
    title: "Revenue",
    about: "Purchases of each day that were not refunded, by product.",
    drawing: "days",
    unit: "USD",
    question: `select date_trunc('day', entry.purchase_date) as at, sum(entry.price_paid) as value, product_id as part
from (select product_id, unnest(ledger) as entry from entitlements)
where entry.refunded_at is null and ${within("entry.purchase_date")} group by all order by all`,
  },
  {
    title: "Purchases and refunds",
    about: "Purchases of the month by store, and those of them that were refunded.",
    drawing: "bars",
    unit: "purchases",
    question: `select entry.platform as name, count(*) as value, if(entry.refunded_at is null, 'kept', 'refunded') as part
from (select unnest(ledger) as entry from entitlements) where ${within("entry.purchase_date")} group by all order by all`,
  },
  {
    title: "Tickets",
    about: "Tickets that were opened in the month, by category and state.",
    drawing: "bars",
    unit: "tickets",
    question: `select category as name, count(*) as value, status as part
from tickets where ${within("created_at")} group by all order by all`,
  },
  {
    title: "Hours to resolution",
    about: "Median over the tickets that were resolved in the month, by category.",
    drawing: "bars",
    unit: "hours",
    question: `select category as name, round(median(date_diff('minute', created_at, resolved_at)) / 60, 1) as value
from tickets where status = 'resolved' and ${within("resolved_at")} group by all order by all`,
  },
  {
    title: "Fixes",
    about: "DevOps actions of the month by the service they are about, and what reviewers decided.",
    drawing: "bars",
    unit: "actions",
    question: `select affected_service as name, count(*) as value, coalesce(status::varchar, 'diagnosis') as part
from devops_actions where ${within("timestamp")} group by all order by all`,
  },
  {
    title: "Moderation",
    about: "Flagged events of the month by category, and what was done.",
    drawing: "bars",
    unit: "events",
    question: `select category as name, count(*) as value, moderation_action as part
from (select unnest(categories) as category, moderation_action, timestamp from safety_logs)
where ${within("timestamp")} group by all order by all`,
  },
  {
    title: "Log-ins",
    about: "Sessions that were begun each day and still are in the table, by password and by QR code.",
    drawing: "days",
    unit: "sessions",
    question: `select date_trunc('day', created_at) as at, count(*) as value, if(qr_authenticated, 'QR code', 'password') as part
from sessions where ${within("created_at")} group by all order by all`,
  },
];
