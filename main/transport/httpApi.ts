/** The contract for scripts: every call as `POST /api/<room>/<call>` with JSON in and out, and its description as OpenAPI. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { contract } from '../../preload/contract/api.ts';
import type { Rooms } from '../services.ts';
import { createRoutes, type Report } from './router.ts';

export const apiPrefix = '/api';
/** Where the description lies. */
export const descriptionPath = `${apiPrefix}/openapi.json`;

/** A picture of 8192 × 8192 as PNG, and some room. */
const maxBodyBytes = 256 * 1024 * 1024;

export interface HttpApi {
  /** Answers whatever lies under the prefix. Failures are `{code, message, data: {details, retryable}}` with the status of their code. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** An OpenAPI 3.1 document; `origin` = where this studio listens. */
  describe(origin: string, version: string): Promise<unknown>;
}

/** Rooms → their HTTP side. Its library is loaded with the first request: pages never need it. */
export function createHttpApi(rooms: Rooms, report: Report): HttpApi {
  let handler: Promise<{ handle: HttpApi['answer'] }> | undefined;
  const open = async (): Promise<{ handle: HttpApi['answer'] }> => {
    const [{ OpenAPIHandler }, { BodyLimitPlugin }] = await Promise.all([import('@orpc/openapi/node'), import('@orpc/server/node')]);
    const { router, ...interceptors } = createRoutes(rooms, report);
    const calls = new OpenAPIHandler(router, { ...interceptors, plugins: [new BodyLimitPlugin({ maxBodySize: maxBodyBytes })] });
    return { handle: async (request, response) => void (await calls.handle(request, response, { prefix: apiPrefix })) };
  };
  return {
    answer: async (request, response) => (await (handler ??= open())).handle(request, response),
    describe: async (origin, version) => {
      const { OpenAPIGenerator } = await import('@orpc/openapi');
      const generator = new OpenAPIGenerator({ schemaConverters: [{ condition: (schema) => schema instanceof z.ZodType, convert: (schema, { strategy }) => jsonSchemaOf(schema as unknown as z.ZodType, strategy) }] });
      return generator.generate(contract, {
        info: { title: 'Ovis Studio', version, description: 'The calls of a running studio. The secret stands in `running.json` of its data folder.' },
        servers: [{ url: `${origin}${apiPrefix}` }],
        security: [{ secret: [] }],
        components: { securitySchemes: { secret: { type: 'http', scheme: 'bearer' } } },
      });
    },
  };
}

function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output'): [required: boolean, schema: never] {
  const json = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The one thing of ours that JSON cannot hold: a file.
      if (zodSchema._zod.def.type === 'custom') Object.assign(jsonSchema, { type: 'string', contentMediaType: 'application/octet-stream' });
    },
  });
  return [!schema.safeParse(undefined).success, json as never];
}
