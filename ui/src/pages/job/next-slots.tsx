import type { Job } from '../../../../packages/client/src/schema.ts';
import { Empty, Failed, Loading } from '../../components/states.tsx';
import { HowFar, SlotWhen } from '../../components/when.tsx';
import { hasSeconds } from '../../format/time.ts';
import { useExpected, usePreview } from './preview.ts';

/** The next slots, with notes on clock changes and calendar exclusions. */
export const NextSlots = ({ job, asOf }: { readonly job: Job; readonly asOf: string | undefined }) => {
  const { timezone } = job;
  const { data, error, again } = usePreview(job, asOf);
  const expected = useExpected(job, asOf === undefined ? data?.slots.at(-1)?.at : undefined);
  return (
    <section class="card" aria-labelledby="next">
      <header class="card-head">
        <h2 id="next">Next slots</h2>
        <span class="quiet small">{timezone}</span>
      </header>
      <div class="card-body">
        {job.enabled ? null : <p class="quiet small">The job is disabled. If enabled, it would run at these times.</p>}
        {data === undefined ? (
          error === null ? (
            <Loading lines={5} />
          ) : (
            <Failed error={error} again={again} />
          )
        ) : data.slots.length === 0 ? (
          <Empty
            icon="clock"
            title={
              job.pattern === undefined && job.schedule === undefined ? 'Runs only on request' : 'No further slots'
            }
          />
        ) : (
          <ol class="slots">
            {data.slots.map(({ at, note = expected.get(at) }) => (
              <li key={at} class={expected.has(at) ? 'is-held' : undefined}>
                <span class="next-when">
                  <HowFar at={at} zone={timezone} />
                </span>
                <SlotWhen at={at} zone={timezone} withSeconds={data.slots.some((slot) => hasSeconds(slot.at))} />
                {note === undefined ? null : <span class="slot-note">{note}</span>}
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  );
};
