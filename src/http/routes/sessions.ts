import { z } from 'zod';
import { answerCommand } from '../command-answers.ts';
import { defineRoute, type Route } from '../route.ts';
import type { RouteDeps } from './deps.ts';

const UserParams = z.strictObject({ sub: z.string().min(1).max(200) });

export const sessionRoutes = ({ commands }: Pick<RouteDeps, 'commands'>): Route[] => [
  defineRoute({
    method: 'delete',
    path: '/users/:sub/sessions',
    operationId: 'endSessions',
    summary: 'Ends all sessions of a user, by the `sub` of their token; tokens and the provider let them in still',
    permission: 'scheduler:tenant:admin',
    bound: 'closed',
    params: UserParams,
    answers: { 204: 'Their cookies are refused from 1 second after this answer on, in every process' },
    handle: async ({ context, params: { sub } }) => {
      const done = await commands.endSessions(context, sub);
      return answerCommand(done, { status: 204 });
    },
  }),
];
