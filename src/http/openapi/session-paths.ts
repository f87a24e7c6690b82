import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { json, NO_TOKEN, problem } from './content.ts';
import { SessionAnswerSchema } from './session-schemas.ts';

/** Description of how browsers sign in and out. */
export const sessionPaths: ZodOpenApiPathsObject = {
  '/session': {
    get: {
      operationId: 'getSession',
      summary: 'Says who is signed in, what they may do, and how one can sign in',
      tags: ['session'],
      security: NO_TOKEN,
      responses: {
        200: json(
          'The session, or null where the request carries no cookie or one that has ended',
          SessionAnswerSchema,
        ),
        401: problem('The bearer token was refused'),
        429: problem('Too many requests: try again after Retry-After'),
        503: problem('Tokens cannot be checked: try again after Retry-After'),
      },
    },
    post: {
      operationId: 'signIn',
      summary: 'Sets the session cookie, by a bearer token: a JWT or an API token',
      description:
        'The cookie lasts as long as the token, of an API token 30 days at the most. No script can read it, and pages of other sites do not send it.',
      tags: ['session'],
      security: [{ bearer: [] }],
      responses: {
        204: { description: 'The cookie is set' },
        401: problem('No valid token was given, or it does not fit in a cookie'),
        429: problem('Too many requests: try again after Retry-After'),
        503: problem('Tokens cannot be checked: try again after Retry-After'),
      },
    },
    delete: {
      operationId: 'signOut',
      summary: 'Clears the session cookie',
      tags: ['session'],
      security: NO_TOKEN,
      responses: {
        204: { description: 'The cookie is cleared' },
        403: problem('The request does not come from a page of the same origin'),
      },
    },
  },
};
