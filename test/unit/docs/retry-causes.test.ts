import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { EXECUTION_ERROR_CODES, type ExecutionErrorCode } from '../../../src/domain/codes/execution-error-codes.ts';
import { RETRY_CAUSES, type Retry } from '../../../src/domain/events/index.ts';
import { retryAtMs } from '../../../src/domain/execution/outcome.ts';
import { rulesOf } from '../../../src/domain/job/rules.ts';

type Cause = NonNullable<Retry['retryOn']>[number];
type Row = { readonly causes: readonly string[]; readonly isDefault: boolean; readonly codes: readonly string[] };

const quoted = (cell = ''): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, text = '']) => text);

const [, table = ''] =
  /\n\| in `retryOn` .*?\n.*?\n(.*?)\n\n/s.exec(readFileSync('docs/reference/api/retries.md', 'utf8')) ?? [];
const rows = table.split('\n').map((line): Row => {
  const [, causes, byDefault, , codes] = line.split('|').map((cell) => cell.trim());
  return { causes: quoted(causes), isDefault: byDefault === 'retried', codes: quoted(codes).sort() };
});

const isRetried = (code: ExecutionErrorCode, wasSent: boolean, cause: Cause): boolean => {
  const attempt = { attempt: 1, code, wasSent, finishedAtMs: 0, firstStartedAtMs: 0 };
  const failed = { ...attempt, retryAfterMs: undefined, reportedRetry: undefined, randomFraction: 0 };
  return retryAtMs(failed, rulesOf({ retry: { maxAttempts: 2, retryOn: [cause] } }).retry) !== undefined;
};

describe('the table of causes that are retried, in docs/reference/api/retries.md', () => {
  it('has each cause', () => {
    expect(rows.flatMap(({ causes }) => causes)).to.include.members([...RETRY_CAUSES]);
  });

  it('states which are retried by default', () => {
    const byDefault = rows.filter(({ isDefault }) => isDefault).flatMap(({ causes }) => causes);
    expect(byDefault).to.have.members(rulesOf({}).retry.retryOn.map(String));
  });

  for (const cause of RETRY_CAUSES) {
    it(`has the codes of ${cause}`, () => {
      const codes = Object.keys(EXECUTION_ERROR_CODES)
        .filter((code): code is keyof typeof EXECUTION_ERROR_CODES => code in EXECUTION_ERROR_CODES)
        .filter((code) => {
          // Only a redirect has a code of `connect` after a request was sent: the table says so in words.
          const isOfConnection = isRetried(code, false, 'connect') && !isRetried(code, false, 'timeout');
          return isRetried(code, false, cause) || (!isOfConnection && isRetried(code, true, cause));
        });
      expect(rows.find(({ causes }) => causes.includes(cause))?.codes).to.deep.equal(codes.sort());
    });
  }
});
