import { capitalized } from "./capitalized.ts";
import type { PolicyDocument, Statement } from "./evaluator.ts";
import { arnsOf, type CalledFunction, policiesFor, policyOf } from "./service-policies.ts";

export type { PolicyDocument } from "./evaluator.ts";
export type { CalledFunction } from "./service-policies.ts";

/** Where a table is, as its ARN says it; `partition` is `aws` when left out. */
export interface TablePlace {
  /** The table's name. */
  readonly table: string;
  /** Such as `eu-west-1`; a CDK app brings its stack's, which may be a token. */
  readonly region: string;
  /** The twelve digits of the AWS account. */
  readonly account: string;
  /** Such as `aws-cn`. */
  readonly partition?: string;
}

/**
 * The least-privilege IAM policy of a handler that calls some functions: exact actions, the table and each index, and the
 * partition keys. Functions share policies with others of their service, so one function may bring what its neighbours need.
 * A policy that is longer than IAM allows (10,240 characters for a role's inline policies) is for several handlers.
 * @example
 * const document = policyFor(["sessions.authenticate", "support.*"], {
 *   table: "ielts-genai-prep",
 *   region: "eu-west-1",
 *   account: "123456789012",
 * });
 * console.log(document.Statement[0]?.Action); // ["dynamodb:BatchGetItem"]
 * @throws Error when no service has such a function.
 */
export function policyFor(functions: readonly CalledFunction[], { table, ...place }: TablePlace): PolicyDocument {
  const names = arnsOf(table, place);
  const statements = policiesFor(functions).flatMap((policy): Statement[] =>
    // A document may not have two statements of one name.
    policyOf(policy, names).Statement.map(({ Sid = "", ...statement }) => ({
      Sid: `${capitalized(policy)}${Sid}`,
      ...statement,
    })),
  );
  return { Version: "2012-10-17", Statement: statements };
}
