import { type Request, Router } from 'express';
import { z } from 'zod';
import type { RefusalCode } from '../../domain/codes/problem-codes.ts';
import { Refusal } from '../../domain/refusal.ts';
import { TenantChoice } from '../../domain/values.ts';
import { refuseOtherMethods } from '../answers/refuse.ts';
import type { Authenticate } from '../callers/authenticate.ts';
import { requirePermission, tenantOf } from '../callers/authorize.ts';
import { admitRequest, countCallers, type RequestQuotas } from '../callers/quotas.ts';
import { validate } from '../validate.ts';
import { typesSeenBy } from './event-filter.ts';
import type { Sse } from './index.ts';

const TenantQuery = z.object({ tenant: TenantChoice.optional() });

type EventsRouterDeps = {
  readonly events: Sse;
  readonly authenticate: Authenticate;
  readonly quotas: Pick<RequestQuotas, 'countRequest'>;
};

/** `GET /events`: the events that the caller may see, of their own tenant or of the one that an administrator names. */
export const eventsRouter = ({ events, authenticate, quotas }: EventsRouterDeps): Router => {
  const router = Router({ caseSensitive: true });
  router
    .route('/events')
    .get(async (request, response) => {
      const caller = await authenticate(request);
      admitRequest(response, caller, quotas);
      requirePermission(caller, 'scheduler:executions:read');
      const tenant = tenantOf(caller, validate('BAD_INPUT', TenantQuery, request.query).tenant);
      await events.handle(request, response, {
        ...caller,
        types: typesSeenBy(caller),
        scope: { tenant, ...(caller.applications === undefined ? {} : { applications: caller.applications }) },
        isAdmitted: () => isAdmitted(authenticate, request),
      });
    })
    .all(refuseOtherMethods(['GET'], countCallers(authenticate, quotas)));
  return router;
};

const ENDED: ReadonlySet<string> = new Set(['TOKEN_REFUSED', 'FORBIDDEN', 'TENANT_ERASED'] satisfies RefusalCode[]);

/** Whether the token of a stream still opens it; true where that is not known now. */
const isAdmitted = async (authenticate: Authenticate, request: Request): Promise<boolean> => {
  try {
    requirePermission(await authenticate(request), 'scheduler:executions:read');
    return true;
  } catch (error) {
    return !(error instanceof Refusal && ENDED.has(error.code));
  }
};
