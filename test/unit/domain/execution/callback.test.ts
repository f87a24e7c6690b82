import { expect } from 'chai';
import { takeHeartbeat } from '../../../../src/domain/execution/callback.ts';
import { initialRuns } from '../../../../src/domain/execution/tail.ts';
import { toMs } from '../../../../src/domain/values.ts';

const at = '2026-03-02T09:00:00.000Z';
const accepted = {
  ...({ executionId: 1, attempt: 1, state: 'awaiting', trigger: 'manual' } as const),
  ...{ scheduledAt: at, createdAt: at, acceptedAt: at, deadlineAt: '2026-03-02T10:00:00.000Z', lastHeartbeatAt: at },
};

describe('a heartbeat of a target', () => {
  it('is the first also in the millisecond in which the call was accepted, and the next one is not', () => {
    const beat = (execution: typeof accepted, nowMs: number) =>
      takeHeartbeat(
        { ...initialRuns, open: [execution] },
        {
          job: { tenant: 'acme', applicationId: 1, jobId: 7 },
          rules: { heartbeatTimeoutMs: undefined },
          execution,
          progress: undefined,
          nowMs,
        },
      );
    const [first] = beat(accepted, toMs(at));
    const lastHeartbeatAt = first?.data.tail.open[0]?.lastHeartbeatAt ?? '';
    expect(beat({ ...accepted, lastHeartbeatAt }, toMs(at))).to.deep.equal([]);
    expect(beat({ ...accepted, lastHeartbeatAt }, toMs(at) + 4_999)).to.deep.equal([]);
    expect(beat({ ...accepted, lastHeartbeatAt }, toMs(at) + 5_001)).to.have.length(1);
  });
});
