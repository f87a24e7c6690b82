import { Router } from 'express';
import { z } from 'zod';
import { TenantChoice } from '../../domain/values.ts';
import type { Authenticate } from '../authenticate.ts';
import { requirePermission, tenantOf } from '../authorize.ts';
import { refuseOtherMethods } from '../refuse.ts';
import { validate } from '../validate.ts';
import type { Sse } from './index.ts';
import { typesSeenBy } from './seen.ts';

const TenantQuery = z.object({ tenant: TenantChoice.optional() });

/** `GET /events`: the events that the caller may see, of their own tenant or of the one that an administrator names. */
export const eventsRouter = ({ events, authenticate }: { events: Sse; authenticate: Authenticate }): Router => {
  const router = Router({ caseSensitive: true });
  router
    .route('/events')
    .get(async (request, response) => {
      const caller = await authenticate(request);
      requirePermission(caller, 'scheduler:executions:read');
      const tenant = tenantOf(caller, validate('BAD_INPUT', TenantQuery, request.query).tenant);
      await events.handle(request, response, { ...caller, types: typesSeenBy(caller), scope: { tenant } });
    })
    .all(refuseOtherMethods(['GET'], authenticate));
  return router;
};
