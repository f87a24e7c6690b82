import { expect } from 'chai';
import { readCommand, readPauseEnd } from '../../../ui/src/format/commands.ts';

describe('commands of the palette', () => {
  const CASES = [
    ['disable invoice-pdf', { verb: 'disable', name: 'invoice-pdf', rest: '' }],
    [' Pause crm  2h ', { verb: 'pause', name: 'crm', rest: '2h' }],
    ['run nightly', { verb: 'trigger', name: 'nightly', rest: '' }],
    ['trigger nightly', { verb: 'trigger', name: 'nightly', rest: '' }],
    ['pause', undefined],
    ['paused jobs', undefined],
    ['delete invoice-pdf', undefined],
  ] as const;
  for (const [typed, command] of CASES) {
    it(`reads ${JSON.stringify(typed)}`, () => {
      expect(readCommand(typed)).to.deep.equal(command);
    });
  }

  const nowMs = Date.parse('2026-03-27T14:00:00.000Z');
  const ENDS = [
    ['2h', '2026-03-27T16:00:00.000Z'],
    ['for 30 minutes', '2026-03-27T14:30:00.000Z'],
    ['till 9', '2026-03-28T08:00:00.000Z'],
    ['until 17:30', '2026-03-27T16:30:00.000Z'],
    ['tomorrow', '2026-03-28T08:00:00.000Z'],
    ['till 25', undefined],
    ['', undefined],
  ] as const;
  for (const [text, until] of ENDS) {
    it(`ends a pause ${JSON.stringify(text)}`, () => {
      expect(readPauseEnd(text, { nowMs, zone: 'Europe/Berlin' })).to.equal(until);
    });
  }
});
