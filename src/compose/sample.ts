import type { CommandContext, Commands } from '../commands/port.ts';
import type { Queries } from '../projections/queries/port.ts';
import type { Random } from '../world.ts';

const SCOPE = { tenant: 'default' };
const WAIT_MS = 10_000;

/** A job that calls this very server every ten seconds, so that a newcomer sees executions at once. */
export const ensureSample = async (
  { commands, queries, random }: { commands: Commands; queries: Queries; random: Random },
  url: string,
): Promise<void> => {
  const context: CommandContext = {
    tenant: SCOPE.tenant,
    actor: { type: 'bootstrap', name: 'sample' },
    correlationId: random.uuid(),
  };
  const { items: applications } = await queries.listApplications(SCOPE, { limit: 1 });
  if (applications.length === 0) return createSample(commands, context, url);
  const { items: jobs } = await queries.listJobs(SCOPE, { createdBy: 'bootstrap:sample' }, { limit: 1 });
  const [sample] = jobs;
  // The port may be another one than at the last start; a job that somebody edited is theirs.
  if (sample === undefined || sample.job.updatedBy !== 'bootstrap:sample') return;
  const { position } = await commands.updateJob(context, sample.job.jobId, { taskConfig: taskConfig(url) }, {});
  if (position !== undefined) await queries.awaitPosition(position, WAIT_MS);
};

const createSample = async (commands: Commands, context: CommandContext, url: string): Promise<void> => {
  const { value: application } = await commands.createApplication(context, {
    name: 'sample',
    displayName: 'Sample application',
  });
  await commands.createJob(context, {
    applicationId: application.applicationId,
    name: 'hello',
    description: 'Calls the echo route of this server every ten seconds. Edit or delete it as you like.',
    pattern: '*/10 * * * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: taskConfig(url),
    labels: { kind: 'sample' },
  });
};

const taskConfig = (url: string) => ({
  endpoint: url,
  path: '/_/scheduler/echo',
  method: 'POST',
  body: { hello: 'world', slot: '${T:YYYY-MM-DDTHH:mm:ss}' },
});
