import { NodeConnectionTypes } from 'n8n-workflow';
import type { IDataObject, INodeType, INodeTypeDescription, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { signed } from './client';

/** Starts a workflow with each signed push. Delivery is at least once: compare transactionId. */
export class IzinPushTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'İzin Push Trigger',
		name: 'izinPushTrigger',
		icon: 'file:izin.svg',
		group: ['trigger'],
		version: 1,
		description: 'Starts at once when İzin pushes a change',
		defaults: { name: 'İzin Push Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'izinApi', required: true }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'izin' }],
		properties: [
			{
				displayName: 'Add this node’s address in İzin’s panel as a push connection, and enter the signing secret in the credential. Until then every post is answered and none starts the workflow.',
				name: 'notice',
				type: 'notice',
				default: '',
			},
		],
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const secret = String((await this.getCredentials('izinApi')).secret ?? '');
		// İzin's first post, a trial, comes before there is a secret.
		if (!secret) return { webhookResponse: 'OK' };
		const request = this.getRequestObject() as unknown as { rawBody?: Buffer };
		if (!request.rawBody || !signed(secret, this.getHeaderData() as IDataObject, request.rawBody)) {
			this.getResponseObject().status(401).end();
			return { noWebhookResponse: true };
		}
		const list = (JSON.parse(request.rawBody.toString('utf8')) as { list?: IDataObject[] }).list ?? [];
		return list.length > 0 ? { workflowData: [list.map((json) => ({ json }))] } : { webhookResponse: 'OK' };
	}
}
