import { expect } from 'chai';
import fc from 'fast-check';
import {
  bulkFilter,
  formatLine,
  isNarrowed,
  labelsOf,
  listQuery,
  parseLine,
  readFilter,
  sortedBy,
  writeFilter,
} from '../../../ui/src/pages/jobs/filter.ts';

describe('filter of the list of jobs', () => {
  it('comes back from the address that it wrote', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom('', 'true', 'false'), (name, label, enabled) => {
        const filter = { ...readFilter(`?enabled=${enabled}&sort=-nextRunAt`), name, label };
        expect(readFilter(writeFilter(filter))).to.deep.equal(filter);
      }),
    );
    expect(writeFilter(readFilter(''))).to.equal('');
  });

  it('parses the line that it writes', () => {
    const line =
      'nightly state:failing result:failed app:billing label:team=money label:tier=1 owner:"Ann Lee" target:a.b:80';
    const filter = parseLine(line, 'name');
    expect(filter).to.deep.equal({
      ...readFilter('?name=nightly&state=failing&lastStatus=failed&application=billing&target=a.b:80'),
      label: 'team:money tier:1',
      createdBy: 'Ann Lee',
    });
    expect(formatLine(filter)).to.equal(line);
    expect(parseLine('state:disabled', 'name').enabled).to.equal('false');
    expect(formatLine(parseLine('state:disabled', 'name'))).to.equal('state:disabled');
  });

  it('treats other words as part of the name, and ignores half a condition', () => {
    expect(parseLine('sync odd:thing  two', 'name').name).to.equal('sync odd:thing two');
    expect(parseLine('state:', 'name')).to.deep.equal({ ...readFilter(''), name: 'state:' });
    expect(parseLine('state:fail', 'name')).to.deep.equal(readFilter(''));
  });

  it('ignores unknown parameters of an address', () => {
    expect(readFilter('?sort=secret&enabled=perhaps&state=odd&lastStatus=odd')).to.deep.equal(readFilter(''));
  });

  it('of a bulk operation matches the jobs that the list shows', () => {
    const filter = readFilter(
      '?name=sync&target=api.partner.com&label=team:blue,tier:1&enabled=true&lastStatus=failed',
    );
    expect(listQuery(filter)).to.deep.equal({
      name: '*sync*',
      target: 'api.partner.com',
      label: ['team:blue', 'tier:1'],
      enabled: 'true',
      lastStatus: 'failed',
      sort: 'name',
    });
    expect(bulkFilter(filter)).to.deep.equal({
      name: '*sync*',
      target: 'api.partner.com',
      labels: { team: 'blue', tier: '1' },
      enabled: true,
      lastStatus: 'failed',
    });
    expect(bulkFilter(readFilter('?sort=name'))).to.deep.equal({ all: true });
    const failing = readFilter('?state=failing&name=sync');
    expect(listQuery(failing)).to.deep.equal({ name: '*sync*', state: 'failing', sort: 'name' });
    expect(bulkFilter(failing), 'of a state').to.deep.equal({ name: '*sync*', state: ['failing'] });
    expect(listQuery(readFilter('?name=sync-*')).name).to.equal('sync-*');
    expect([isNarrowed(filter), isNarrowed(readFilter('?sort=name'))]).to.deep.equal([true, false]);
  });

  it('waits for the colon of a label that is being typed', () => {
    expect(labelsOf('team')).to.deep.equal([]);
    expect(labelsOf('team:blue tier:')).to.deep.equal(['team:blue', 'tier:']);
  });

  it('sorts a column one way, and then the other', () => {
    expect(sortedBy('name', 'nextRunAt')).to.equal('name');
    expect(sortedBy('name', 'name')).to.equal('-name');
    expect(sortedBy('name', '-name')).to.equal('name');
  });
});
