import { Cron } from 'croner';
import { followPlans, post } from './peer-program.ts';

/** Croner with undici: all in memory, without storing results. */
followPlans(async ({ jobs, fromMs, untilMs, origin }, onOutcome) => {
  for (let job = 0; job < jobs; job++) {
    let slotMs = fromMs;
    new Cron('* * * * * *', { startAt: new Date(fromMs), stopAt: new Date(untilMs) }, async () => {
      const dueMs = slotMs;
      slotMs += 1_000;
      await post(origin, { job, slotMs: dueMs });
      onOutcome();
    });
  }
});
