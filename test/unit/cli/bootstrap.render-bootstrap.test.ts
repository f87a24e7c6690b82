import { expect } from 'chai';
import type { BootstrapReport, ReportedJob } from '../../../src/bootstrap/report.ts';
import { differsFromFiles, renderBootstrap } from '../../../src/cli/bootstrap.ts';

const report = (jobs: ReportedJob[], applied = false): BootstrapReport => ({
  applied,
  applications: [{ tenant: 'default', name: 'crm', action: 'keep', jobs }],
});
const updated: ReportedJob = {
  name: 'nightly',
  action: 'update',
  changes: [
    { pointer: '/pattern', before: '0 2 * * *', after: '0 3 * * *' },
    { pointer: '/description', after: 'new' },
  ],
};

const edited: ReportedJob = { ...updated, action: 'skip', reason: 'manually modified', by: 'ann' };

describe('what a bootstrap shows', () => {
  it('is a line for each job that is not kept, each field that differs, and the sums', () => {
    const jobs: ReportedJob[] = [
      { name: 'old', action: 'delete' },
      updated,
      { name: 'same', action: 'keep' },
      { name: 'edited', action: 'skip', reason: 'manually modified', by: 'ann' },
      { name: 'warned', action: 'keep', warnings: ['clear text'] },
    ];
    expect(renderBootstrap(report(jobs), { width: 80, isColoured: false })).to.equal(
      [
        '= keep application crm',
        '  - delete job old',
        '  ~ update job nightly',
        '    /pattern: "0 2 * * *" -> "0 3 * * *"',
        '    /description: absent -> "new"',
        '  ! skip job edited (manually modified by ann)',
        '  = keep job warned',
        '    warning: clear text',
        '',
        'jobs: update 1, delete 1, keep 2, skip 1 (plan only, nothing was changed; to apply it, use --allow-delete 1)',
        '',
      ].join('\n'),
    );
  });

  it('lists what differs and is skipped apart, with its address and what to do', () => {
    const rule = { kind: 'alertRule', name: 'failing', action: 'skip', reason: 'waits for the secret X' } as const;
    const application = { tenant: 'default', name: 'crm', action: 'keep', resources: [rule], jobs: [edited] } as const;
    const shown = { applied: false, applications: [{ ...application, resources: [rule], jobs: [edited] }] };
    expect(renderBootstrap(shown, { width: 80, isColoured: false }).split('\n').slice(0, 9)).to.deep.equal([
      '= keep application crm',
      '',
      'Skipped, but different from the files:',
      '! skip alert rule failing of crm (waits for the secret X)',
      '! skip job crm/nightly (manually modified by ann)',
      '    /pattern: "0 2 * * *" -> "0 3 * * *"',
      '    /description: absent -> "new"',
      'To overwrite changes of others with the files: `carillon adopt ADDRESS`, or `adopt --all`',
      '',
    ]);
  });

  it('has what was red and what will be green, if colours are shown', () => {
    const text = renderBootstrap(report([updated], true), { width: 80, isColoured: true });
    expect(text).to.include('/pattern: \u001b[31m"0 2 * * *"\u001b[39m -> \u001b[32m"0 3 * * *"\u001b[39m\n');
  });

  it('lets no name move the cursor', () => {
    const text = renderBootstrap(report([{ name: 'a\u001b[2J', action: 'create' }]), { width: 80, isColoured: false });
    expect(text).to.include('+ create job a [2J\n');
  });

  it('knows a change from what is left as it is', () => {
    expect(
      differsFromFiles(
        report([
          { name: 'a', action: 'skip', reason: 'manually modified', by: 'ann' },
          { name: 'past', action: 'skip', reason: 'its instant has passed' },
          { name: 'b', action: 'ignore' },
        ]),
      ),
    ).to.equal(false);
    expect(differsFromFiles(report([updated]))).to.equal(true);
    expect(differsFromFiles(report([edited]))).to.equal(true);
  });
});
