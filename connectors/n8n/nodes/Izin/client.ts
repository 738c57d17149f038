import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { NodeOperationError, sleep } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, IHttpRequestMethods, IPollFunctions } from 'n8n-workflow';

export const MOST = 1000; // items of a list, İzin's limit
const WAITS = [1, 2, 5, 15, 30]; // seconds between tries
const PATIENCE = 120; // questions for the results of a list
export const FIVE_MINUTES = 300;

export interface Answer {
	status: number;
	body: any;
}

/** A call below the brand. What may pass is tried again, as İzin asks; other errors are answers. */
export async function call(
	on: IExecuteFunctions | IPollFunctions,
	method: IHttpRequestMethods,
	path: string,
	body?: unknown,
	key = '',
	version = '',
): Promise<Answer> {
	const given = await on.getCredentials('izinApi');
	const url = `${String(given.url).replace(/\/$/, '')}${version}/sps/${given.iys}/brands/${given.brand}${path}`;
	for (let tries = 0; ; tries++) {
		const got = await on.helpers.httpRequestWithAuthentication.call(on, 'izinApi', {
			method,
			url,
			...(body === undefined ? {} : { body: body as IDataObject }),
			json: true,
			headers: key ? { 'Idempotency-Key': key } : {},
			returnFullResponse: true,
			// n8n renews the token by the error that a 401 is; all other statuses are answers.
			ignoreHttpStatusErrors: { ignore: true, except: [401] },
		});
		const status = Number(got.statusCode);
		if ((status !== 429 && status < 500) || tries >= WAITS.length) return { status, body: got.body };
		const asked = Number(got.headers?.['retry-after'] ?? 0);
		await sleep(1000 * Math.max(WAITS[tries], Math.min(asked, 60)));
	}
}

/** The first fault of an answer, in words. */
export function words(answer: Answer): string {
	const fault = answer.body?.errors?.[0];
	return fault ? `${fault.code} ${fault.message}` : `status ${answer.status}`;
}

/** The items that an answer of 422 names: position to fault. */
export function faults_of(answer: Answer, count: number): Map<number, string> {
	const found = new Map<number, string>();
	for (const fault of (answer.status === 422 && answer.body?.errors) || []) {
		const index = fault.index ?? fault.location?.at(-1);
		if (Number.isInteger(index) && index < count) found.set(index, `${fault.code} ${fault.message}`);
	}
	return found;
}

/** Reports a list, and the result of each: { stored, transactionId, error }, in their order. */
export async function report(on: IExecuteFunctions, items: IDataObject[]): Promise<IDataObject[]> {
	const results: IDataObject[] = items.map(() => ({}));
	let left = items.map((_, place) => place);
	while (left.length > 0) {
		const list = left.map((place) => items[place]);
		const key = createHash('sha256').update(JSON.stringify(list)).digest('hex');
		const answer = await call(on, 'POST', '/consents/request', list, key, '/v2');
		if (answer.status === 202) {
			await results_of(on, String(answer.body.requestId), left, results);
			return results;
		}
		// A fault of form in one item refuses the whole list: the faulty ones leave it.
		const faulty = faults_of(answer, left.length);
		if (faulty.size === 0) throw new NodeOperationError(on.getNode(), words(answer));
		for (const [index, error] of faulty) results[left[index]] = { stored: false, error };
		left = left.filter((_, index) => !faulty.has(index));
	}
	return results;
}

/** That İzin has a list (202) does not mean yet that it stored each item: its results name them by index. */
async function results_of(on: IExecuteFunctions, request: string, places: number[], results: IDataObject[]) {
	for (let tries = 0; tries < PATIENCE; tries++) {
		const answer = await call(on, 'GET', `/consents/request/${request}`, undefined, '', '/v2');
		if (answer.status !== 200) throw new NodeOperationError(on.getNode(), words(answer));
		const items = answer.body as IDataObject[];
		if (items.length === places.length && items.every((item) => item.status !== 'enqueue')) {
			for (const item of items) {
				const error = item.error as IDataObject | undefined;
				results[places[Number(item.index)]] =
					item.status === 'success'
						? { stored: true, transactionId: item.transactionId ?? '' }
						: { stored: false, error: `${error?.code ?? ''} ${error?.message ?? ''}`.trim() };
			}
			return;
		}
		await sleep(1000);
	}
	throw new NodeOperationError(on.getNode(), `No result of list ${request} yet. Run this again: nothing is stored twice.`);
}

/** A page of the feed, or null where there is nothing new. */
export async function page(on: IExecuteFunctions | IPollFunctions, source: string, after: string, limit = MOST) {
	const cursor = after ? `&after=${encodeURIComponent(after)}` : '';
	const answer = await call(on, 'GET', `/consents/changes?source=${source}&limit=${limit}${cursor}`);
	if (answer.status === 204) return null;
	if (answer.status !== 200) throw new NodeOperationError(on.getNode(), words(answer));
	return answer.body as { after: string; list: IDataObject[] };
}

/** Standard Webhooks: whether a post was signed with this secret within five minutes. */
export function signed(secret: string, headers: IDataObject, body: Buffer, now = Date.now()): boolean {
	const id = String(headers['webhook-id'] ?? '');
	const time = String(headers['webhook-timestamp'] ?? '');
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	if (!id || !/^\d+$/.test(time) || key.length === 0 || Math.abs(now / 1000 - Number(time)) > FIVE_MINUTES) return false;
	const right = createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest();
	return String(headers['webhook-signature'] ?? '')
		.split(' ')
		.map((one) => Buffer.from(one.replace(/^v1,/, ''), 'base64'))
		.some((one) => one.length === right.length && timingSafeEqual(one, right));
}
