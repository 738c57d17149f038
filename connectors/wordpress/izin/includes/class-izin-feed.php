<?php
/**
 * What İzin reports: by its feed, which is read every half minute, and by its push.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- of WordPress's users, by number.

/**
 * The push makes it faster; the feed alone is complete.
 */
class Izin_Feed {

	const ROUTE   = '/izin/v1/push';
	const TEST    = '121212'; // Brand of the record by which İzin tries an address.
	const MINUTES = 5; // How far a push's clock may be off.
	const FRESH   = DAY_IN_SECONDS; // How long a consent counts here without an answer of İzin.

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'rest_api_init', array( __CLASS__, 'route' ) );
		add_filter( 'application_password_is_api_request', array( __CLASS__, 'own_password' ) );
		add_action( 'profile_update', array( __CLASS__, 'changed' ), 10, 2 );
		add_action( 'deleted_user', array( __CLASS__, 'deleted' ), 10, 3 );
	}

	/**
	 * Reads the feed up to its end: people's own words and, because the company has other programs, its own ones.
	 *
	 * @return bool Whether İzin answers.
	 */
	public static function poll() {
		return self::read( 'IYS' ) && self::read( 'HS' ) && self::ask_of_users();
	}

	/**
	 * Reads one side of the feed.
	 *
	 * @param string $side IYS or HS.
	 * @return bool Whether İzin answers.
	 */
	private static function read( $side ) {
		for ( $pages = 0; $pages < 50; $pages++ ) {
			$cursors = get_option( 'izin_after', array() );
			$after   = isset( $cursors[ $side ] ) ? '&after=' . rawurlencode( $cursors[ $side ] ) : '';
			$answer  = Izin_Client::brand( 'GET', "/consents/changes?source=$side&limit=1000$after", null, '', 30 );
			if ( 204 === $answer['status'] ) {
				Izin_Queue::seen();
				return true;
			}
			if ( 200 !== $answer['status'] || ! isset( $answer['body']['list'], $answer['body']['after'] ) ) {
				Izin_Queue::pause( $answer );
				return false;
			}
			array_map( array( 'Izin_Store', 'apply' ), $answer['body']['list'] );
			// Only now: asking on from here proves to İzin that this site has the page.
			$cursors          = get_option( 'izin_after', array() ); // An erasure has users asked again.
			$cursors[ $side ] = $answer['body']['after'];
			update_option( 'izin_after', $cursors, false );
		}
		return true;
	}

	/**
	 * Asks what stands for users that are new here: their consent may be older than their account.
	 *
	 * @return bool Whether İzin answers.
	 */
	private static function ask_of_users() {
		for ( $pages = 0; $pages < 50; $pages++ ) {
			$asked = self::ask_of_thousand();
			if ( true !== $asked ) {
				return null === $asked;
			}
		}
		return true;
	}

	/**
	 * Asks what stands for the next thousand users, those with a changed address first.
	 *
	 * @return bool|null Whether İzin answers; null where no user is left.
	 */
	private static function ask_of_thousand() {
		global $wpdb;
		$cursors = get_option( 'izin_after', array() );
		$last    = isset( $cursors['user'] ) ? (int) $cursors['user'] : 0;
		$users   = $wpdb->get_results( "SELECT ID, user_email FROM $wpdb->users JOIN $wpdb->usermeta ON user_id = ID WHERE meta_key = 'izin_ask' LIMIT 1000" );
		if ( ! $users ) {
			$users = $wpdb->get_results( $wpdb->prepare( "SELECT ID, user_email FROM $wpdb->users WHERE ID > %d ORDER BY ID LIMIT 1000", $last ) );
			$last  = $users ? (int) end( $users )->ID : $last; // A changed address is out of turn: those before it are still to be asked about.
		}
		if ( ! $users ) {
			return null;
		}
		$asked = array(); // Address to the numbers of its users.
		$unasked  = array(); // Number of a user to why nobody could be asked.
		foreach ( $users as $user ) {
			$address = Izin_Store::canonical( 'EPOSTA', $user->user_email );
			if ( '' !== $address ) {
				$asked[ $address ][] = (int) $user->ID;
			} elseif ( '' !== $user->user_email ) {
				$unasked[ (int) $user->ID ] = __( 'This is no e-mail address.', 'izin' );
			}
		}
		while ( $asked ) {
			$addresses = array_map( 'strval', array_keys( $asked ) );
			$answer    = Izin_Client::brand( 'POST', '/consents/BIREYSEL/status/EPOSTA', array( 'recipients' => $addresses ), '', 30 );
			if ( 200 === $answer['status'] && isset( $answer['body']['list'] ) ) {
				foreach ( array_intersect( $addresses, $answer['body']['list'] ) as $address ) {
					Izin_Store::put( 'EPOSTA', $address, 'ONAY', '', '' ); // Older than any movement.
				}
				break;
			}
			// One address that İzin does not take refuses them all: it leaves, and the others are asked for again.
			$faulty = array_intersect_key( Izin_Client::faulty( $answer ), $addresses );
			if ( ! $faulty ) {
				Izin_Queue::pause( $answer );
				return false;
			}
			foreach ( $faulty as $place => $fault ) {
				$unasked += array_fill_keys( $asked[ $addresses[ $place ] ], trim( ( isset( $fault['code'] ) ? $fault['code'] : '' ) . ' ' . ( isset( $fault['message'] ) ? $fault['message'] : '' ) ) );
				unset( $asked[ $addresses[ $place ] ] );
			}
		}
		$numbers = implode( ',', array_map( 'intval', wp_list_pluck( $users, 'ID' ) ) );
		$wpdb->query( "DELETE FROM $wpdb->usermeta WHERE meta_key IN ('izin_ask', 'izin_unasked') AND user_id IN ($numbers)" );
		wp_cache_delete_multiple( wp_list_pluck( $users, 'ID' ), 'user_meta' );
		foreach ( $unasked as $user => $why ) {
			update_user_meta( $user, 'izin_unasked', $why );
		}
		$cursors['user'] = $last;
		update_option( 'izin_after', $cursors, false );
		return true;
	}

	/**
	 * A user has another address, of which nothing is known here. WordPress's profile page has it confirmed by a mail; its REST
	 * and WooCommerce let a user claim any: such a one may be another person's, who loses nothing by it.
	 *
	 * @param int     $user   Number of the user.
	 * @param WP_User $before As it was.
	 */
	public static function changed( $user, $before ) {
		if ( strtolower( get_userdata( $user )->user_email ) !== strtolower( $before->user_email ) ) {
			update_user_meta( $user, 'izin_ask', 1 );
			if ( ! self::is_claimed( $before ) ) {
				Izin_Store::left( $before->user_email );
			}
			if ( get_current_user_id() === (int) $user && ! ( defined( 'IS_PROFILE_PAGE' ) && IS_PROFILE_PAGE ) ) {
				update_user_meta( $user, 'izin_claimed', strtolower( get_userdata( $user )->user_email ) );
			}
		}
	}

	/**
	 * Whether a user has entered this address and nothing proves that it is theirs.
	 *
	 * @param WP_User $user Who.
	 * @return bool
	 */
	public static function is_claimed( $user ) {
		return get_user_meta( $user->ID, 'izin_claimed', true ) === strtolower( $user->user_email );
	}

	/**
	 * A user is gone.
	 *
	 * @param int          $user  Number of the user.
	 * @param int|null     $heir  Who has the posts now.
	 * @param WP_User|null $before As it was.
	 */
	public static function deleted( $user, $heir = null, $before = null ) {
		if ( $before ) {
			Izin_Store::left( $before->user_email );
		}
	}

	/**
	 * The route of the push.
	 */
	public static function route() {
		register_rest_route(
			'izin/v1',
			'/push',
			array(
				'methods'             => 'POST',
				'callback'            => array( __CLASS__, 'take' ),
				'permission_callback' => array( __CLASS__, 'allowed' ),
			)
		);
	}

	/**
	 * The push brings its own user and password, which are none of WordPress's.
	 *
	 * @param bool $is Whether WordPress would check an application password.
	 * @return bool
	 */
	public static function own_password( $is ) {
		$asked = isset( $_SERVER['REQUEST_URI'] ) ? rawurldecode( sanitize_text_field( wp_unslash( $_SERVER['REQUEST_URI'] ) ) ) : '';
		return $is && false === strpos( $asked, self::ROUTE );
	}

	/**
	 * A signature allows a push; before there is a secret, the password of the connection does.
	 *
	 * @param WP_REST_Request $request The push.
	 * @return bool|WP_Error
	 */
	public static function allowed( $request ) {
		if ( strlen( $request->get_body() ) > MB_IN_BYTES ) {
			return new WP_Error( 'izin_size', 'too large', array( 'status' => 413 ) );
		}
		$secret = Izin_Settings::secret( 'push_secret' );
		if ( '' !== $secret ? self::is_signed( $request, $secret ) : self::has_password( $request ) ) {
			return true;
		}
		return new WP_Error( 'izin_push', 'not signed', array( 'status' => 401 ) );
	}

	/**
	 * Standard Webhooks: HMAC-SHA-256 over id, time and body.
	 *
	 * @param WP_REST_Request $request The push.
	 * @param string          $secret  “whsec_” and base64.
	 * @return bool
	 */
	private static function is_signed( $request, $secret ) {
		$id   = (string) $request->get_header( 'webhook-id' );
		$time = (string) $request->get_header( 'webhook-timestamp' );
		if ( '' === $id || ! ctype_digit( $time ) || abs( time() - (int) $time ) > self::MINUTES * MINUTE_IN_SECONDS ) {
			return false;
		}
		$key = base64_decode( preg_replace( '/^whsec_/', '', $secret ), true ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		if ( false === $key || '' === $key ) {
			return false;
		}
		$right = base64_encode( hash_hmac( 'sha256', "$id.$time." . $request->get_body(), $key, true ) ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		foreach ( explode( ' ', (string) $request->get_header( 'webhook-signature' ) ) as $given ) {
			if ( hash_equals( "v1,$right", $given ) ) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Basic authentication.
	 *
	 * @param WP_REST_Request $request The push.
	 * @return bool
	 */
	private static function has_password( $request ) {
		$password = Izin_Settings::secret( 'push_password' );
		$right    = 'Basic ' . base64_encode( Izin_Settings::get( 'push_user' ) . ':' . $password ); // phpcs:ignore WordPress.PHP.DiscouragedPHPFunctions
		return '' !== $password && hash_equals( $right, (string) $request->get_header( 'authorization' ) );
	}

	/**
	 * Takes a push. Without a secret nothing of it is kept, so only the test record is accepted: İzin repeats all others.
	 *
	 * @param WP_REST_Request $request The push.
	 * @return WP_REST_Response
	 */
	public static function take( $request ) {
		$list = self::movements( json_decode( $request->get_body(), true ) );
		if ( ! $list ) {
			return new WP_REST_Response( null, 400 );
		}
		$brands = array_map( 'strval', array_column( $list, 'brandCode' ) );
		if ( '' === Izin_Settings::secret( 'push_secret' ) ) {
			return new WP_REST_Response( null, array( self::TEST ) === $brands ? 204 : 503 );
		}
		foreach ( $list as $movement ) {
			// A connection may be one of all the company's brands.
			if ( isset( $movement['brandCode'] ) && (string) $movement['brandCode'] === (string) Izin_Settings::get( 'brand' ) ) {
				Izin_Store::apply( $movement );
			}
		}
		return new WP_REST_Response( null, 204 );
	}

	/**
	 * Movements of a push: İYS's list, or the data of CloudEvents.
	 *
	 * @param mixed $body Decoded JSON.
	 * @return array Empty where it is neither.
	 */
	private static function movements( $body ) {
		if ( ! is_array( $body ) ) {
			return array();
		}
		$list = isset( $body['list'] ) && is_array( $body['list'] ) ? $body['list'] : array_column( $body, 'data' );
		return array_filter( $list, 'is_array' );
	}
}
