import type { AlertPorts } from '../../alerts/ports.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

type AlertMeasures = {
  readonly attempted: AlertPorts['attempted'];
  /** Shows how many alerts are firing, as the process knows it that watches the rules. */
  show(alerter: { status(): { readonly firing: number } }): void;
};

/** Registers what an operator sees of alerts. */
export const showAlerts = (metrics: Metrics): AlertMeasures => {
  const sent = metrics.counter({
    name: 'carillon_alert_notifications_total',
    help: 'Attempts to notify receivers of alerts, by what became of them.',
    labels: ['receiver', 'outcome'],
  });
  return {
    attempted: (receiver, outcome) => sent({ receiver, outcome: outcome === 'givenUp' ? 'given_up' : outcome }),
    show: (alerter) =>
      metrics.gauge(
        {
          name: 'carillon_alerts_firing',
          help: 'Alerts that are firing, in the process that watches the rules; else 0.',
        },
        () => alerter.status().firing,
      ),
  };
};
