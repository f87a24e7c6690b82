import { durationMs } from '../../domain/duration.ts';
import type { Application } from '../../domain/events/index.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/world.ts';

/** Whether the limit of an application leaves room for one more call, as the read models show it. */
export type HasRoom = (limit: { readonly application: Application; readonly name: string }) => Promise<boolean>;

type HasRoomDeps = {
  readonly queries: {
    limitUse(
      scope: { readonly tenant: Tenant },
      limit: { readonly applicationId: number; readonly name: string; readonly since: string },
    ): Promise<{ readonly running: number; readonly begun: number }>;
  };
  readonly clock: Clock;
};

export const hasRoomIn =
  ({ queries, clock }: HasRoomDeps): HasRoom =>
  async ({ application: { tenant, applicationId, limits = [] }, name }) => {
    const limit = limits.find((each) => each.name === name);
    if (limit === undefined) return true;
    const { parallel, rate } = limit;
    const since = toInstant(clock.now() - (rate === undefined ? 0 : durationMs(rate.per)));
    const { running, begun } = await queries.limitUse({ tenant }, { applicationId, name, since });
    return (parallel === undefined || running < parallel) && (rate === undefined || begun < rate.count);
  };
