import { answerCommand } from '../command-answers.ts';
import { ReleasedSchema } from '../resources/server.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';

export const engineRoutes = ({ commands }: Pick<RouteDeps, 'commands'>): Route[] => [
  defineRoute({
    method: 'post',
    path: '/engine/release',
    operationId: 'releaseEngines',
    summary: 'Lets all engines claim that wait for it: on a restored or copied log, or with ENGINE_START=paused',
    permission: 'scheduler:admin',
    bound: 'closed',
    action: 'release engines',
    result: ReleasedSchema,
    answers: { 200: 'Where the log is on which engines may claim now' },
    handle: async ({ context }) => {
      const done = await commands.releaseEngines(context);
      return answerCommand(done, { status: 200, body: done.value });
    },
  }),
];
