import { z } from 'zod';
import type { Application } from '../../domain/events/index.ts';
import { type ApplicationSummary, applicationRecord } from '../../projections/queries/records/applications.ts';
import type { Resource } from './json.ts';

export const ApplicationSchema = z.object(applicationRecord.schemas).meta({ id: 'Application' });

/** Turns an application of an event into the summary that queries return. */
export const applicationSummary = ({ applicationId, name, displayName }: Application): ApplicationSummary => ({
  id: applicationId,
  name,
  displayName,
});

/** An application of an event as the API shows it. */
export const applicationResource = (application: Application): Resource =>
  applicationRecord.show({ ...application, id: application.applicationId });
