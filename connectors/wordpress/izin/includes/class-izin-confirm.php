<?php
/**
 * Proof of an e-mail address: nobody consents for somebody else's.
 *
 * @package Izin
 */

defined( 'ABSPATH' ) || exit;

// phpcs:disable WordPress.DB.DirectDatabaseQuery, WordPress.DB.PreparedSQL.InterpolatedNotPrepared -- own tables, whose names hold no input.

/**
 * A mail asks, unless somebody ticks the box while signed in whose address is proven: by choosing a password by a mail.
 */
class Izin_Confirm {

	const A_DAY = 3; // Mails to one address.

	/**
	 * Hooks.
	 */
	public static function hooks() {
		add_action( 'password_reset', array( __CLASS__, 'chose_password' ) ); // WooCommerce's own form has this one alone.
		add_action( 'admin_post_nopriv_izin_confirm', array( __CLASS__, 'page' ) );
		add_action( 'admin_post_izin_confirm', array( __CLASS__, 'page' ) );
	}

	/**
	 * A user has read the mail with the link.
	 *
	 * @param WP_User $user Who.
	 */
	public static function chose_password( $user ) {
		update_user_meta( $user->ID, 'izin_proven', strtolower( $user->user_email ) );
		delete_user_meta( $user->ID, 'izin_claimed' );
	}

	/**
	 * Whether this address is the proven one of who is signed in.
	 *
	 * @param string $address In canonical form.
	 * @return bool
	 */
	private static function is_own( $address ) {
		$user = wp_get_current_user();
		return $user->exists() && strtolower( $user->user_email ) === $address && get_user_meta( $user->ID, 'izin_proven', true ) === $address;
	}

	/**
	 * Queues a consent by e-mail and, where the address is not proven, asks for a confirmation.
	 *
	 * @param string $email The address.
	 * @param string $form  Which form.
	 * @param string $page  Its address.
	 */
	public static function ask( $email, $form, $page ) {
		$address = Izin_Store::canonical( 'EPOSTA', $email );
		if ( '' === $address || 'ONAY' === Izin_Store::last_word( 'EPOSTA', $address ) ) {
			return; // It stands already.
		}
		if ( self::is_own( $address ) ) {
			Izin_Queue::add( 'EPOSTA', $address, 'ONAY', $form, compact( 'page' ) );
			return;
		}
		$count = 'izin_asked_' . md5( $address );
		$asked = (int) get_transient( $count );
		if ( $asked >= self::A_DAY ) {
			return;
		}
		set_transient( $count, $asked + 1, DAY_IN_SECONDS );
		$token = wp_generate_password( 40, false );
		$added = Izin_Queue::add(
			'EPOSTA',
			$address,
			'ONAY',
			$form,
			array(
				'state' => 'unproven',
				'proof' => hash( 'sha256', $token ),
				'page'  => $page,
			)
		);
		if ( ! $added ) {
			return;
		}
		$site = wp_specialchars_decode( get_bloginfo( 'name' ), ENT_QUOTES );
		$link = add_query_arg( array( 'action' => 'izin_confirm', 'proof' => $token ), admin_url( 'admin-post.php' ) );
		wp_mail(
			$address,
			/* translators: %s: name of the site. */
			sprintf( __( 'Confirm: %s may write to you', 'izin' ), $site ),
			/* translators: 1: name of the site, 2: wording of the box, 3: link. */
			sprintf( __( "Somebody, probably you, ticked this box at %1\$s:\n\n“%2\$s”\n\nIf it was you, confirm within two days:\n%3\$s\n\nIf not, do nothing: nobody will write to you.", 'izin' ), $site, Izin_Settings::get( 'wording_EPOSTA' ), $link )
		);
	}

	/**
	 * The page of the link. It needs a press, because programs that read mails open links too.
	 */
	public static function page() {
		global $wpdb;
		// phpcs:disable WordPress.Security.NonceVerification -- the proof is the right.
		$proof = isset( $_REQUEST['proof'] ) ? sanitize_text_field( wp_unslash( $_REQUEST['proof'] ) ) : '';
		$row   = strlen( $proof ) === 40 ? $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$wpdb->prefix}izin_queue WHERE proof = %s AND happened > %s", hash( 'sha256', $proof ), gmdate( 'Y-m-d H:i:s', time() - 2 * DAY_IN_SECONDS ) ) ) : null;
		$title = __( 'Your consent', 'izin' );
		nocache_headers();
		header( 'Referrer-Policy: no-referrer' );
		if ( ! $row ) {
			wp_die( esc_html__( 'This link is over. Nothing was recorded. You can tick the box again.', 'izin' ), esc_html( $title ), array( 'response' => 404 ) );
		}
		if ( isset( $_SERVER['REQUEST_METHOD'] ) && 'POST' === $_SERVER['REQUEST_METHOD'] && 'unproven' === $row->state ) {
			$wpdb->update( "{$wpdb->prefix}izin_queue", array( 'state' => 'waiting' ), array( 'id' => $row->id, 'state' => 'unproven' ) );
			wp_safe_redirect( add_query_arg( array( 'action' => 'izin_confirm', 'proof' => $proof ), admin_url( 'admin-post.php' ) ), 303 );
			exit;
		}
		// phpcs:enable
		if ( 'unproven' !== $row->state ) {
			wp_die( esc_html__( 'Thank you. Your consent is recorded. You can refuse at any time, free of charge.', 'izin' ), esc_html( $title ), array( 'response' => 200 ) );
		}
		$form = sprintf(
			'<p>%1$s</p><form method="post" action="%2$s"><input type="hidden" name="action" value="izin_confirm"><input type="hidden" name="proof" value="%3$s"><button type="submit" class="button button-large" style="min-height:44px;font-size:16px">%4$s</button></form>',
			esc_html( $row->wording ),
			esc_url( admin_url( 'admin-post.php' ) ),
			esc_attr( $proof ),
			esc_html__( 'Yes, I confirm', 'izin' )
		);
		wp_die( $form, esc_html( $title ), array( 'response' => 200 ) ); // phpcs:ignore WordPress.Security.EscapeOutput -- its parts are escaped above.
	}
}
