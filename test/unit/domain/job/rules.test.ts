import { expect } from 'chai';
import { DEFAULT_RULES, parseRules, rulesOf, rulesText } from '../../../../src/domain/job/rules.ts';
import { aJob } from '../../../support/jobs.ts';

describe('the rules of a job', () => {
  it('share one object between all jobs without rules', () => {
    expect(rulesOf(aJob())).to.equal(DEFAULT_RULES);
    expect(rulesText(aJob())).to.equal(undefined);
  });
  it('share one object between all jobs with the same rules', () => {
    const rules = rulesOf(aJob({ overlap: 'queue', maxLateness: '5m' }));
    expect(rulesOf(aJob({ jobId: 8, maxLateness: '5m', overlap: 'queue' }))).to.equal(rules);
    expect(rules).to.deep.equal({ ...DEFAULT_RULES, overlap: 'queue', maxLatenessMs: 300_000 });
  });
  it('are the same after they were kept as a string', () => {
    const job = aJob({ misfire: 'all', misfireLimit: 5, retry: { maxAttempts: 3, backoff: { initial: 500 } } });
    expect(parseRules(rulesText(job) ?? '')).to.equal(rulesOf(job));
    expect(rulesOf(job).retry).to.include({ maxAttempts: 3, initialMs: 500, factor: 2, maxMs: 3_600_000 });
  });
});
