import type { Job } from '../../packages/client/src/schema.ts';
import { JOBS } from './error-text.ts';
import type { ServerRequest } from './server.ts';

/** An invalid name is rejected where it becomes part of a path. */
const ID_OR_ADDRESS = /^(\d+|\.{0,2})$|\//;
const MAX_NAMED = 10;

/**
 * The address of a job named without its application. Ids and addresses are returned unchanged.
 * @throws Error if no job has the name, or with the addresses if several do
 */
export const addressOfNamed = async (
  given: string,
  list: (request: ServerRequest, limit: number) => Promise<Job[]>,
): Promise<string> => {
  if (ID_OR_ADDRESS.test(given) || given.includes('*')) return given;
  const jobs = await list({ path: '/jobs', query: { name: given } }, MAX_NAMED);
  const [only, ...others] = jobs.map(({ application, name }) => `${application.name}/${name}`);
  if (only === undefined) {
    throw new Error(`No job has the name ${given}. Use its address, such as crm/${given}.\n  ${JOBS}`);
  }
  if (others.length === 0) return only;
  throw new Error(`Several jobs have the name ${given}. Use one of the addresses ${[only, ...others].join(', ')}.`);
};
