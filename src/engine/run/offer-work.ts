import { isSecretError } from '../../domain/codes/execution-error-codes.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { redact } from '../../domain/redaction/redact.ts';
import { originNotAllowedMessage } from '../../domain/targets/target-url.ts';
import type { WorkerRun } from '../../domain/tasks/run-input.ts';
import { namesValues, secretsOf } from '../../domain/tasks/walk.ts';
import { workerKind, workSnapshot } from '../../domain/tasks/worker/kind.ts';
import { queueTarget, WORKER_TASK } from '../../domain/tasks/worker/stored.ts';
import { type ApplicationValues, NO_VALUES } from '../jobs/application-values.ts';
import { readWithRetry } from '../read-with-retry.ts';
import type { Claim } from './open-calls.ts';
import { fillIn } from './prepare-call.ts';
import { failed, outcomeOfError, type SendTaskDeps } from './send-task.ts';

/** The work of one attempt. */
export type WorkToOffer = {
  readonly claim: Claim;
  readonly definition: WorkerRun;
  /** The variables and secrets of the job's application, as the log has them now. */
  readonly values: () => Promise<ApplicationValues>;
  readonly signal: AbortSignal;
};

/** Prepares work: the outcome to record, which offers it or states why it can't be offered. Never rejects. */
export type OfferWork = (offered: WorkToOffer) => Promise<Outcome>;

/** The largest work, bytes of JSON: its event fits into an append with much room. */
const MAX_WORK_BYTES = 256 * 1_024;

export const createOfferWork =
  ({ world, openerOf, names }: Pick<SendTaskDeps, 'world' | 'openerOf' | 'names'>): OfferWork =>
  async ({ claim, definition, values, signal }) => {
    const { jobId, executionId, scheduledAt } = claim;
    try {
      const reading = { signal, isFinal: isSecretError };
      const opener = await readWithRetry(world, async () => openerOf(definition, { usesKeys: false }), reading);
      const opened = opener.work(definition);
      const template = { taskType: WORKER_TASK, taskConfig: opened.task };
      const { task, resolvedParameters, secretsUsed, named } = fillIn(template, {
        at: scheduledAt,
        timezone: definition.timezone,
        values: namesValues(template) ? await values() : NO_VALUES,
        opener,
      });
      const { queue, ...work } = task;
      // Only secrets without `allowedOrigins` can leave for a worker.
      for (const { name, allowedOrigins: allowed } of named) {
        if (allowed === undefined) continue;
        const message = originNotAllowedMessage(name, { allowed, origin: workerKind.originOf(queue) });
        return failed(world, 'SECRET_ORIGIN_NOT_ALLOWED', message);
      }
      const text = JSON.stringify(work);
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_WORK_BYTES) return failed(world, 'WORK_TOO_LARGE', `the work has ${bytes} bytes of JSON`);
      const filledIn = [...opened.secrets, ...secretsUsed];
      const masked = secretsOf({ taskType: WORKER_TASK, taskConfig: task }, { names, filledIn });
      const to = queueTarget(definition.applicationId, queue);
      const isSealed = definition.confidential === true || masked.length > 0;
      return {
        kind: 'offered',
        finishedAtMs: world.clock.now(),
        offer: {
          to,
          work: isSealed ? opener.sealWork(text, to) : work,
          jobSnapshot: workSnapshot({ job: definition, task, resolvedParameters, strike: redact(masked) }),
        },
      };
    } catch (error) {
      return outcomeOfError(world, { signal, about: { jobId, executionId } }, error);
    }
  };
