import type {
	IAuthenticateGeneric,
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestHelper,
	INodeProperties,
} from 'n8n-workflow';

/** A program's user of one brand. n8n fetches a new token when İzin no longer takes the last one. */
export class IzinApi implements ICredentialType {
	name = 'izinApi';
	displayName = 'İzin API';
	properties: INodeProperties[] = [
		{ displayName: 'Token', name: 'token', type: 'hidden', typeOptions: { expirable: true }, default: '' },
		{ displayName: 'Address of İzin', name: 'url', type: 'string', default: '', placeholder: 'https://izin.example.com', required: true },
		{ displayName: 'User Name', name: 'user', type: 'string', default: '', required: true },
		{ displayName: 'Password', name: 'password', type: 'string', typeOptions: { password: true }, default: '', required: true },
		{ displayName: 'Company Number (iysCode)', name: 'iys', type: 'string', default: '', required: true },
		{ displayName: 'Brand Number (brandCode)', name: 'brand', type: 'string', default: '', required: true },
		{
			displayName: 'Signing Secret of the Push Connection',
			name: 'secret',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Only for the push trigger. İzin’s panel shows it once.',
		},
	];

	async preAuthentication(this: IHttpRequestHelper, given: ICredentialDataDecryptedObject) {
		const answer = (await this.helpers.httpRequest({
			method: 'POST',
			url: `${String(given.url).replace(/\/$/, '')}/oauth2/token`,
			body: { grant_type: 'password', username: given.user, password: given.password },
			json: true,
		})) as { access_token: string };
		return { token: answer.access_token };
	}

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.token}}' } },
	};

	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.url}}', url: '=/sps/{{$credentials.iys}}/brands' },
	};
}
