<?php
/**
 * Calls of İzin's API.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

/**
 * One call at a time; every answer is an array with status, body and, for errors, code and text.
 */
class Izin_Client {

	/**
	 * Calls a path below the brand.
	 *
	 * @param string     $method  GET or POST.
	 * @param string     $path    Such as /consents/changes.
	 * @param array|null $body    JSON, or null.
	 * @param string     $key     Idempotency-Key, or empty.
	 * @param int        $seconds How long to wait.
	 * @param string     $root    /v2 or empty.
	 * @return array status (0: no answer), body, code, text, wait (seconds).
	 */
	public static function brand( $method, $path, $body = null, $key = '', $seconds = 15, $root = '' ) {
		$place = $root . '/sps/' . Izin_Settings::get( 'iys' ) . '/brands/' . Izin_Settings::get( 'brand' );
		return self::call( $method, $place . $path, $body, $key, $seconds );
	}

	/**
	 * Calls a path, with a token; a token that İzin no longer takes is renewed once.
	 *
	 * @param string     $method  GET or POST.
	 * @param string     $path    From the root of the site.
	 * @param array|null $body    JSON, or null.
	 * @param string     $key     Idempotency-Key, or empty.
	 * @param int        $seconds How long to wait.
	 * @return array
	 */
	public static function call( $method, $path, $body = null, $key = '', $seconds = 15 ) {
		$token = self::token( $seconds );
		if ( is_array( $token ) ) {
			return $token;
		}
		$answer = self::send( $method, $path, $body, $token, $key, $seconds );
		if ( 401 === $answer['status'] ) {
			delete_option( 'izin_token' );
			$token = self::token( $seconds );
			if ( is_array( $token ) ) {
				return $token;
			}
			$answer = self::send( $method, $path, $body, $token, $key, $seconds );
		}
		return $answer;
	}

	/**
	 * An access token. A refresh token works once and two cron runs may use it at the same time, so it is not used.
	 *
	 * @param int $seconds How long to wait.
	 * @return string|array The token, or the answer that refused it.
	 */
	private static function token( $seconds ) {
		$kept = get_option( 'izin_token', array() );
		if ( isset( $kept['until'] ) && $kept['until'] > time() + 60 ) {
			$token = Izin_Settings::open( $kept['sealed'] );
			if ( '' !== $token ) {
				return $token;
			}
		}
		$sent   = array(
			'grant_type' => 'password',
			'username'   => Izin_Settings::get( 'user' ),
			'password'   => Izin_Settings::secret( 'password' ),
		);
		$answer = self::send( 'POST', '/oauth2/token', $sent, '', '', $seconds );
		if ( 200 !== $answer['status'] || empty( $answer['body']['access_token'] ) ) {
			// A refused user is no fault of the words that wait: it passes once the administrator has corrected it.
			return array( 'status' => $answer['status'] >= 500 || 429 === $answer['status'] ? $answer['status'] : ( $answer['status'] ? 401 : 0 ) ) + $answer;
		}
		$kept = array(
			'sealed' => Izin_Settings::seal( $answer['body']['access_token'] ),
			'until'  => time() + (int) $answer['body']['expires_in'],
		);
		update_option( 'izin_token', $kept, false );
		return $answer['body']['access_token'];
	}

	/**
	 * One request.
	 *
	 * @param string     $method  GET or POST.
	 * @param string     $path    From the root of the site.
	 * @param array|null $body    JSON, or null.
	 * @param string     $token   Access token, or empty.
	 * @param string     $key     Idempotency-Key, or empty.
	 * @param int        $seconds How long to wait.
	 * @return array
	 */
	private static function send( $method, $path, $body, $token, $key, $seconds ) {
		$headers = array( 'Accept' => 'application/json' );
		if ( '' !== $token ) {
			$headers['Authorization'] = "Bearer $token";
		}
		if ( '' !== $key ) {
			$headers['Idempotency-Key'] = $key;
		}
		$request = array(
			'method'              => $method,
			'headers'             => $headers,
			'timeout'             => $seconds,
			'redirection'         => 0,
			'limit_response_size' => 4 * MB_IN_BYTES,
			'user-agent'          => 'izin-wordpress/' . IZIN_PLUGIN_VERSION,
		);
		if ( null !== $body ) {
			$request['body']                    = wp_json_encode( $body );
			$request['headers']['Content-Type'] = 'application/json';
		}
		$got = wp_remote_request( Izin_Settings::get( 'url' ) . $path, $request );
		if ( is_wp_error( $got ) ) {
			/* translators: %s: what the network reported. */
			$text = sprintf( __( 'İzin could not be reached: %s', 'izin' ), $got->get_error_message() );
			return self::answer( 0, null, '', $text, 0 );
		}
		$status = (int) wp_remote_retrieve_response_code( $got );
		$json   = json_decode( wp_remote_retrieve_body( $got ), true );
		$wait   = (int) wp_remote_retrieve_header( $got, 'retry-after' );
		if ( $status < 300 && $status >= 200 ) {
			return self::answer( $status, $json, '', '', $wait );
		}
		return self::answer( $status, $json, ...self::fault( $status, $json, $wait ) );
	}

	/**
	 * Code, text and wait of an error.
	 *
	 * @param int   $status HTTP status.
	 * @param mixed $json   The body.
	 * @param int   $wait   Seconds.
	 * @return array
	 */
	private static function fault( $status, $json, $wait ) {
		if ( isset( $json['errors'][0]['message'] ) ) {
			$first = $json['errors'][0];
			return array( isset( $first['code'] ) ? $first['code'] : '', $first['message'], $wait );
		}
		if ( isset( $json['error'] ) && is_string( $json['error'] ) ) {
			return array( $json['error'], __( 'İzin does not accept this user name or password. Enter the right one on the settings page.', 'izin' ), $wait );
		}
		/* translators: %d: HTTP status. */
		return array( '', sprintf( __( 'İzin answered with status %d.', 'izin' ), $status ), $wait );
	}

	/**
	 * Whether the same request may succeed later; also what answers where another address than İzin's is set.
	 *
	 * @param array $answer Of this client.
	 * @return bool
	 */
	public static function passes( $answer ) {
		return ! in_array( $answer['status'], array( 400, 409, 413, 422 ), true );
	}

	/**
	 * The items that an answer of 422 names.
	 *
	 * @param array $answer Of this client.
	 * @return array Position in the request to fault (code, message).
	 */
	public static function faulty( $answer ) {
		$found = array();
		foreach ( 422 === $answer['status'] && isset( $answer['body']['errors'] ) ? (array) $answer['body']['errors'] : array() as $fault ) {
			$at = isset( $fault['index'] ) ? $fault['index'] : ( isset( $fault['location'] ) ? end( $fault['location'] ) : null );
			if ( is_int( $at ) ) {
				$found[ $at ] = $fault;
			}
		}
		return $found;
	}

	/**
	 * The form of all answers.
	 *
	 * @param int    $status HTTP status, 0 without an answer.
	 * @param mixed  $body   Decoded JSON.
	 * @param string $code   İzin's code.
	 * @param string $text   What went wrong.
	 * @param int    $wait   Seconds to wait, as İzin asks.
	 * @return array
	 */
	private static function answer( $status, $body, $code, $text, $wait ) {
		return compact( 'status', 'body', 'code', 'text', 'wait' );
	}
}
