import { EVENT_CONTENT_TYPES } from '../events/cloudevents.ts';
import { HttpError } from '../std/http/http-error.ts';

/** The refusal of a body whose type or encoding nobody here reads, with those that are read. */
export function unsupportedMediaType(): HttpError {
  const types = EVENT_CONTENT_TYPES.join(', ');
  const message = `Events are sent uncompressed, in UTF-8, as one of: ${types}.`;
  return new HttpError('request.media_type', message, {
    status: 415,
    headers: { 'accept-post': types, 'accept-encoding': 'identity' },
  });
}
