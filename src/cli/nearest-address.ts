import type { ProblemCode } from '../../packages/client/src/schema.ts';
import { nearestName } from '../runtime/nearest-name.ts';
import type { CommandCall, CommandInput } from './command.ts';
import type { ServerRejected } from './server.ts';

const UNKNOWN_JOB: ReadonlySet<string | undefined> = new Set<ProblemCode>(['JOB_NOT_FOUND', 'UNKNOWN_JOB']);
const UNKNOWN_APPLICATION: ReadonlySet<string | undefined> = new Set<ProblemCode>([
  'APPLICATION_NOT_FOUND',
  'UNKNOWN_APPLICATION',
]);

/** Adds the address that a misspelt one was meant to be to the error that there is no such job or application. */
export const withMeantAddress = async (
  error: ServerRejected,
  input: CommandInput,
  { send }: CommandCall,
): Promise<ServerRejected> => {
  const address = unknownAddress(error, input);
  const meant = address === undefined ? undefined : await nearestAddress(address, send);
  if (meant !== undefined) error.message += `\n  Did you mean ${meant}?`;
  return error;
};

const unknownAddress = ({ code }: ServerRejected, { args, options }: CommandInput): string | undefined => {
  const { job = args.address, application, scope, name } = args;
  const { jobId, provenJob, applicationId, ofApplication, applications } = options;
  if (UNKNOWN_JOB.has(code)) return scope === undefined ? (job ?? jobId ?? provenJob) : name;
  if (!UNKNOWN_APPLICATION.has(code)) return undefined;
  if (scope !== undefined) return name;
  const [only, ...others] = applications ?? [];
  const given = application ?? applicationId ?? ofApplication ?? (others.length === 0 ? only : undefined);
  return given ?? job?.split('/')[0];
};

/** As many as a page has: a suggestion is not worth more requests. */
const PAGE = { limit: 500, sort: 'name' };

/** The closest existing job or application; `undefined` if none is close, or they can't be listed. */
const nearestAddress = async (address: string, send: CommandCall['send']): Promise<string | undefined> => {
  const [given = '', job] = address.split('/');
  try {
    const { data: applications } = await send('listApplications', { params: [], query: { limit: PAGE.limit } });
    const names = applications.map(({ name }) => name);
    const application = names.includes(given) ? given : nearestName(given, names);
    if (application === undefined || job === undefined) return application;
    const { data: jobs } = await send('listJobs', { params: [], query: { ...PAGE, applicationId: application } });
    const name = nearestName(
      job,
      jobs.map((each) => each.name),
    );
    return name === undefined ? undefined : `${application}/${name}`;
  } catch {
    return undefined;
  }
};

/** The address of the job whose name is closest; `undefined` if none is close. */
export const addressOfNearest = async (name: string, send: CommandCall['send']): Promise<string | undefined> => {
  const { data: jobs } = await send('listJobs', { params: [], query: PAGE });
  const meant = nearestName(
    name,
    jobs.map((each) => each.name),
  );
  const found = jobs.find((each) => each.name === meant);
  return found && `${found.application.name}/${found.name}`;
};
